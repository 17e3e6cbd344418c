"""Given names that Chileans carry, and words that follow "soy" or answer a question without being a name."""

GIVEN: frozenset[str] = frozenset(
    """
    aaron abigail abraham adela adolfo adrian adriana agustin agustina aida aileen alan alba alberto aldo alejandra
    alejandro alejo alexander alexandra alexis alfonso alfredo alicia alma alonso alvaro amalia amanda amaro amelia
    amparo ana anais andrea andres angel angela angelica angelina anibal anita antonella antonia antonio ariel armando
    arturo astrid augusto aurora axel barbara bastian beatriz belen benito benjamin bernarda bernardita bernardo bianca
    blanca boris brayan bruno bryan byron camila camilo carla carlos carmen carol carola carolina catalina caterina
    cecilia celeste celia cesar christian christopher clara claudia claudio clemente constanza consuelo cristian
    cristina cristobal daisy damian dani daniel daniela danilo danitza danny dario david dayana debora delia denis
    denisse diana diego dominga domingo dominique doris eduardo edgar edith efrain elena eliana elias elisa elizabeth
    eloisa elsa emilia emiliano emilio emma enrique enzo erica erick erika ernesto esperanza esteban estefania estela
    ester esteban eugenia eugenio eva evelyn ezequiel fabian fabiana fabiola fabricio facundo federico felipe felix
    fernanda fernando fidel flavia flavio flor florencia francesca francisca francisco franco freddy fresia gabriel
    gabriela gaspar genesis genoveva georgina gerardo german giancarlo gilberto gino giovanna gisela giselle gladys
    gloria gonzalo graciela greta guadalupe guido guillermina guillermo gustavo hans hector helena henry hernan
    herminia hernando hilda horacio hortensia hugo humberto ian ignacia ignacio igor ines ingrid irene iris irma isaac
    isabel isabella ismael israel ivan ivania ivonne jacinta jacqueline jaime jairo james janet javier javiera jazmin
    jean jeannette jenny jennifer jeremias jessica jesus jimena joan joao joaquin joaquina jocelyn joel johan johana
    johanna john jonathan jorge jose josefa josefina joshua josue juan juana juanita judith julia julian juliana julieta
    julio justo karen karina karla katalina katherine katia kevin kiara krishna laura lautaro leandro leonardo leonel
    leonor leonora leslie leticia lidia lilian liliana lina lisandro lisette lorena lorenzo loreto lourdes lucas lucia
    luciana luciano lucy luis luisa luna luz macarena magdalena maite manuel manuela marcela marcelo marco marcos
    margarita maria mariana mariano maribel maricel mariela mario marisol marlen marlene marta martin martina mateo
    matias matilde mauricio max maximiliano maximo maya mercedes mia micaela miguel milena millaray mireya miriam
    mirta moises monica monserrat montserrat myriam nadia nancy nataly natalia natacha nayareth nelson nestor nicanor
    nicol nicolas nicole nina noelia noemi nora norma octavio olga olivia omar orlando oscar osvaldo pablo pamela
    paola paolo pascal pascual pascuala patricia patricio paula paulina paulo paz pedro pelayo pia pilar priscila
    rafael rafaela ramiro ramon ramona raquel raul rayen rebeca regina renata renato rene reinaldo ricardo rigoberto
    rita roberto rocio rodolfo rodrigo rogelio roger rolando roman romina romeo rosa rosalia rosamel rosana rosario
    rosita roxana ruben ruth salome salvador samanta samuel sandra santiago santino sara sarai sebastian segundo
    selena sergio silvana silvia silvio simon simona sofia sol soledad sonia stefania stefano stephanie steven susana
    sylvia tamara tania tatiana tere teresa thiago thomas tiare tito tomas trinidad ulises urzula ursula valentin
    valentina valeria valeska vanessa vania veronica vicente vicenta victor victoria vilma violeta virginia vivian
    viviana vladimir walter washington wilson ximena xiomara yanet yanina yasna yasmin yerko yesenia yessica yolanda
    yohana yorka zoe zulema
    caro cata cami cote coni conny dani fran gabi gabo ignacita isi jani javi jose juanjo juampa kathy kike lalo leo
    lola lore lucho maca maka mane manu mati memo meche mona nacho nachito naty nati nico pame panchita pancho pao
    pato pauli pepa pepe pili poli quique rafa roci rodri rosi santi seba sebita sofi susi tato tere titi toño tono
    vale vero vicky xime yayo
    marie claire pierre wilner wilguens wisly widline wislande fritz evens kervens stanley mackenson jimmy djimy rose
    claude guerda nadege ketlyn rosemane jeff louis jacques michel frantz roselaine islande dieudonne emmanuel
    yuleisy yusleidy yuleidy yorgelis yoselin yohandry yenifer yeison yeferson jeferson jefferson wilmer wuilmer jhon
    jhonny jhonatan yonathan maikel maicol greysi keila yuliana yulimar mariangel oriana orianny gregorio eduin edwin
    yenny yeni yamileth milagros nairobi yubiri leidy heidy darwin jackson anderson franklin elvis kelly kimberly
    mike michael sarah emily jessie peter paul mark steven robert mary anna jane kate laura brian scott kevin eric
    luan caio tiago rafaela isabela larissa leticia vinicius henrique lucas beatriz marcia renan bruna juliano edson
    geraldine brigitte noelle ignacia maximina rosalba flor nieves edith eusebio segundo braulio eleuterio ezequiel
    yerson yadira yajaira ninoska nubia nuri nelida mitzy matilda martita maritza marjorie margot marcial magali lucila
    lilia libertad leontina lastenia juvenal jovita isolina iselda hilario herman hermes haydee grecia genaro fermin
    marisel maricel marisela nelly yasmina nayadeth anahis evangelina eufemia eloy elvira elba egidio edelmira domitila danitza crescencia cindy carlota calixto blas benigno
    baldomero aurelio aquiles anselmo ambrosio alexia aleida adelaida abel
    """.split()  # noqa: SIM905 - a table of 500 words reads better as text
)

# No name begins with these; after "soy", "acá" or alone as an answer they are something else.
NOT_NAMES: frozenset[str] = frozenset(
    """
    a aca acuerdo adios agente ahora ahorita ahi al algo alguien algun alguna amigo amiga ama ano antes apurado aqui
    arrendatario arrendataria arquitecto asesor asi aun aunque averiguando bacan bien bastante bueno buena buenas
    canadian american british australian irish scottish english german french spanish italian brazilian argentinian mexican chinese indian venezuelan colombian peruvian cheers mate sweet
    buenos busco buscando cachai cada casa casada casado casi cerca chao chilena chileno chilenos cinco claro cliente
    clienta como comprador compradora con confirmo consulta consultando contador contadora correcto corredor corredora
    cotizando cual cualquiera cuando cuanto cuantos cuatro da dale de del dependiente depto desde despues dicom
    divorciado divorciada donde dos duena dueno e ejecutivo el ella ellos emprendedor emprendedora en enfermera
    enfermero entre era es esa ese eso espera esposo esposa esta estado estamos este esto estoy estudiante exacto
    excelente extranjera extranjero funcionario funcionaria gano gracias grande gusto habla hablo hace hago hasta hay
    hermano hermana hija hijo hola hoy igual independiente indigena ingeniera ingeniero interesa interesada interesado
    inversionista inversor ir jefe jefa jubilada jubilado la las le les libre lindo listo lo los luego lucas madre mama
    manana mas mayor me medico mejor menor menos mi mia mientras mil mio mis misma mismo mucha mucho muy nada nadie
    necesito nena nene ni ninguna ninguno no nop nos nosotros nueva nuevo numero o ocho ok oka oki okey okay ojala otra
    otro padre papa para parece pareja pensionada pensionado pero perfecto perdon persona peruana peruano pobre poco
    por porque porfa porfavor posible primera primero profe profesional profesor profesora propietario propietaria pucha
    puede puedo pues que quien quiero quisiera re real responsable retirado sabe saludo saludos se sea sector segunda
    segundo seis senor senora separado separada si sii siete sin sip sola solo soltera soltero somos son soy su super
    tal tambien tampoco tarde te tecnico tengo tenia todo todos trabajador trabajadora trabajo tres tu tuya un una uno
    unos usted usuario va vale vamos varios vecina vecino vendedor vendedora venezolana venezolano ver viernes viuda
    viudo vivo viva voy weon whatsapp wena y ya yo cotizo interesados duda dudas quede pie info informacion precio
    precios foto fotos visita depa departamento pregunto ustedes nosotras miren mira oye ojo porfis sipo yapo nopo
    lunes martes miercoles jueves sabado domingo enero febrero abril mayo junio julio agosto septiembre octubre
    noviembre diciembre cero diez quince veinte treinta millon millones palo palos uf clp pesos credito subsidio banco
    colombiana colombiano argentina argentino boliviana boliviano haitiano haitiana ecuatoriano cubana cubano gringo
    abogado abogada dentista kinesiologo psicologa psicologo matrona carabinero carabinera militar chofer minero
    guardia secretaria administrativo administrativa auxiliar docente educadora periodista disenador disenadora
    electricista mecanico soldador obrero operario cajera cajero parvularia nana conductor uber pyme empresario
    empresaria comerciante feriante artesano actor musico cantante futbolista investigador cientifico quimico biologo
    veterinario veterinaria doctor doctora tens paramedico bombero marino
    aviso anuncio portal publicacion tienen tienes tiene aceptan queda sigue cuesta vale incluye admiten venden arriendan buscamos queremos pasa llama
    llamame pasame contactame cuentame dime mandame enviame informacion asesorame ayuda ayudame cotizar comprar
    arrendar vender invertir visitar agendar ver saber conocer ustedes gente alo entiendo entendi comprendo genial
    claro obvio confirmado jajaja jaja jeje mmm ehh emm aja buu wena wenas holi holis
    hi hello looking interested from yes ok thanks please the i im my we not no want need this house
    mentira mentiras todavia nunca jamas siempre verdad real seria serio serios broma bromas chiste ando andamos anda ola
    olas holaa buenass wenass sticker audio foto imagen video documento archivo adjunto prefiero prefiere saca saquen sacame
    quita quiten olvida olvidate ignora ignore actua responde escribe escribeme dile haz dame deme traigo llevo pon ponme
    system sistema assistant asistente admin administrador user prompt root null bot robot developer desarrollador
    altiro tiro pronto tranquilo tranquila calma momento momentito rato ratito segundo minuto hablamos espere espera esperen vamo filo fome
    dios mijo mija amor carino linda lindo reina rey caballero dama joven don dona compadre comadre socio hermanito
    depende nose tampoco obviamente claramente lastima pena bacan buenisimo genial excelente regio fenomenal chuta
    pucha puta putas wea weon weona webon huevon oiga oye escucha mira miren ahh ahhh uta chucha ctm lol xd jajaj
    interesante caro barato carisimo carisima baratisimo lejos cerca feo fea bonito bonita rico rica mala malo pesimo
    terrible horrible fatal raro rara loco loca estafa ladrones mejor peor anonimo privado secreto personal ninguna
    da igual mismo cualquiera elige adivina adivine secretaria llamenme llameme llamar escribir whatsapp telefono celular
    correo email mail rut direccion apellido nombres nombre datos dato primero segunda opcion opciones visita hora horas
    casas deptos departamentos terreno parcela oficina local bodega dormitorio dormitorios pieza piezas bano banos comuna
    sector barrio centro norte sur oriente poniente playa campo ciudad santiago chile venezuela peru haiti brasil bolivia
    brasileiro brasileira brasileno brasilena chileno venezolanos haitianos peruanos dominicano dominicana paraguayo uruguayo uruguaya
    sim nao obrigado obrigada ola oi bom boa tarde dia noite voce quero procuro nome busca buscaba buscan
    trabaja trabajamos vivimos vive viven vengo venimos llego llegue estaba estuve fui iba voy vamos fue era eran
    solamente recien apenas ademas aparte encima entonces asi bueno pues entero entera enteros todas
    estafadores aburrido aburrida cansado cansada chato chata harto harta enojado enojada molesto molesta feliz contento contenta
    mucama garzon garzona camarera chofer taxista temporera temporero operadora vigilante enfermeros profes maestro maestra
    comunidad empresa inmobiliaria corredora agencia banco constructora fundacion familia pareja matrimonio
    unas unos unico cambio cambios planes plan gmail hotmail yahoo outlook icloud celular cel fono correo mejoro
    calor frio hambre sueno lluvia sol viento fiebre gripe gripa ganas pena dolor prisa apuro tos neblina hartas harto harta mucha muchas
    sorry excuse looking for buying renting foreigner student single married retired tourist good great fine sure what why who
    """.split()  # noqa: SIM905 - a table of words
)

PARTICLES: frozenset[str] = frozenset(
    {"de", "del", "la", "las", "los", "san", "santa", "von", "van", "da", "di", "der"}
)

# A name and a surname follow them.
TITLES: tuple[str, ...] = (
    "sra", "sr", "srta", "senora", "senor", "don", "dona", "dr", "dra", "ing", "prof", "suboficial", "sargento", "cabo", "teniente",
    "capitan", "coronel", "mayor", "comandante", "abogad[oa]", "arquitect[oa]", "doctora?", "ingenier[oa]", "profesora?",
)  # fmt: skip
