"""The 346 comunas of Chile by region, with the sectors, short names and misspellings that people write for them."""

REGIONS: dict[str, tuple[str, ...]] = {
    "Arica y Parinacota": ("Arica", "Camarones", "Putre", "General Lagos"),
    "Tarapacá": ("Iquique", "Alto Hospicio", "Pozo Almonte", "Camiña", "Colchane", "Huara", "Pica"),
    "Antofagasta": (
        "Antofagasta", "Mejillones", "Sierra Gorda", "Taltal", "Calama", "Ollagüe",
        "San Pedro de Atacama", "Tocopilla", "María Elena",
    ),
    "Atacama": (
        "Copiapó", "Caldera", "Tierra Amarilla", "Chañaral", "Diego de Almagro", "Vallenar",
        "Alto del Carmen", "Freirina", "Huasco",
    ),
    "Coquimbo": (
        "La Serena", "Coquimbo", "Andacollo", "La Higuera", "Paihuano", "Vicuña", "Illapel", "Canela",
        "Los Vilos", "Salamanca", "Ovalle", "Combarbalá", "Monte Patria", "Punitaqui", "Río Hurtado",
    ),
    "Valparaíso": (
        "Valparaíso", "Casablanca", "Concón", "Juan Fernández", "Puchuncaví", "Quintero", "Viña del Mar",
        "Isla de Pascua", "Los Andes", "Calle Larga", "Rinconada", "San Esteban", "La Ligua", "Cabildo",
        "Papudo", "Petorca", "Zapallar", "Quillota", "La Calera", "Hijuelas", "La Cruz", "Nogales",
        "San Antonio", "Algarrobo", "Cartagena", "El Quisco", "El Tabo", "Santo Domingo", "San Felipe",
        "Catemu", "Llaillay", "Panquehue", "Putaendo", "Santa María", "Quilpué", "Limache", "Olmué",
        "Villa Alemana",
    ),
    "Metropolitana de Santiago": (
        "Santiago", "Cerrillos", "Cerro Navia", "Conchalí", "El Bosque", "Estación Central", "Huechuraba",
        "Independencia", "La Cisterna", "La Florida", "La Granja", "La Pintana", "La Reina", "Las Condes",
        "Lo Barnechea", "Lo Espejo", "Lo Prado", "Macul", "Maipú", "Ñuñoa", "Pedro Aguirre Cerda",
        "Peñalolén", "Providencia", "Pudahuel", "Quilicura", "Quinta Normal", "Recoleta", "Renca",
        "San Joaquín", "San Miguel", "San Ramón", "Vitacura", "Puente Alto", "Pirque", "San José de Maipo",
        "Colina", "Lampa", "Tiltil", "San Bernardo", "Buin", "Calera de Tango", "Paine", "Melipilla",
        "Alhué", "Curacaví", "María Pinto", "San Pedro", "Talagante", "El Monte", "Isla de Maipo",
        "Padre Hurtado", "Peñaflor",
    ),
    "Libertador General Bernardo O'Higgins": (
        "Rancagua", "Codegua", "Coinco", "Coltauco", "Doñihue", "Graneros", "Las Cabras", "Machalí",
        "Malloa", "Mostazal", "Olivar", "Peumo", "Pichidegua", "Quinta de Tilcoco", "Rengo", "Requínoa",
        "San Vicente", "Pichilemu", "La Estrella", "Litueche", "Marchihue", "Navidad", "Paredones",
        "San Fernando", "Chépica", "Chimbarongo", "Lolol", "Nancagua", "Palmilla", "Peralillo", "Placilla",
        "Pumanque", "Santa Cruz",
    ),
    "Maule": (
        "Talca", "Constitución", "Curepto", "Empedrado", "Maule", "Pelarco", "Pencahue", "Río Claro",
        "San Clemente", "San Rafael", "Cauquenes", "Chanco", "Pelluhue", "Curicó", "Hualañé", "Licantén",
        "Molina", "Rauco", "Romeral", "Sagrada Familia", "Teno", "Vichuquén", "Linares", "Colbún",
        "Longaví", "Parral", "Retiro", "San Javier", "Villa Alegre", "Yerbas Buenas",
    ),
    "Ñuble": (
        "Chillán", "Bulnes", "Chillán Viejo", "El Carmen", "Pemuco", "Pinto", "Quillón", "San Ignacio",
        "Yungay", "Quirihue", "Cobquecura", "Coelemu", "Ninhue", "Portezuelo", "Ránquil", "Treguaco",
        "San Carlos", "Coihueco", "Ñiquén", "San Fabián", "San Nicolás",
    ),
    "Biobío": (
        "Concepción", "Coronel", "Chiguayante", "Florida", "Hualqui", "Lota", "Penco", "San Pedro de la Paz",
        "Santa Juana", "Talcahuano", "Tomé", "Hualpén", "Lebu", "Arauco", "Cañete", "Contulmo", "Curanilahue",
        "Los Álamos", "Tirúa", "Los Ángeles", "Antuco", "Cabrero", "Laja", "Mulchén", "Nacimiento", "Negrete",
        "Quilaco", "Quilleco", "San Rosendo", "Santa Bárbara", "Tucapel", "Yumbel", "Alto Biobío",
    ),
    "La Araucanía": (
        "Temuco", "Carahue", "Cunco", "Curarrehue", "Freire", "Galvarino", "Gorbea", "Lautaro", "Loncoche",
        "Melipeuco", "Nueva Imperial", "Padre Las Casas", "Perquenco", "Pitrufquén", "Pucón", "Saavedra",
        "Teodoro Schmidt", "Toltén", "Vilcún", "Villarrica", "Cholchol", "Angol", "Collipulli", "Curacautín",
        "Ercilla", "Lonquimay", "Los Sauces", "Lumaco", "Purén", "Renaico", "Traiguén", "Victoria",
    ),
    "Los Ríos": (
        "Valdivia", "Corral", "Lanco", "Los Lagos", "Máfil", "Mariquina", "Paillaco", "Panguipulli",
        "La Unión", "Futrono", "Lago Ranco", "Río Bueno",
    ),
    "Los Lagos": (
        "Puerto Montt", "Calbuco", "Cochamó", "Fresia", "Frutillar", "Los Muermos", "Llanquihue", "Maullín",
        "Puerto Varas", "Castro", "Ancud", "Chonchi", "Curaco de Vélez", "Dalcahue", "Puqueldón", "Queilén",
        "Quellón", "Quemchi", "Quinchao", "Osorno", "Puerto Octay", "Purranque", "Puyehue", "Río Negro",
        "San Juan de la Costa", "San Pablo", "Chaitén", "Futaleufú", "Hualaihué", "Palena",
    ),
    "Aysén del General Carlos Ibáñez del Campo": (
        "Coyhaique", "Lago Verde", "Aysén", "Cisnes", "Guaitecas", "Cochrane", "O'Higgins", "Tortel",
        "Chile Chico", "Río Ibáñez",
    ),
    "Magallanes y de la Antártica Chilena": (
        "Punta Arenas", "Laguna Blanca", "Río Verde", "San Gregorio", "Cabo de Hornos", "Antártica",
        "Porvenir", "Primavera", "Timaukel", "Natales", "Torres del Paine",
    ),
}  # fmt: skip

# What people write instead of the comuna's name, folded: short names and frequent misspellings.
ALIASES: dict[str, str] = {
    "provi": "Providencia", "provid": "Providencia", "prividencia": "Providencia",
    "stgo": "Santiago", "stgo centro": "Santiago", "santiago centro": "Santiago", "santiago de chile": "Santiago",
    "centro de santiago": "Santiago", "centro de stgo": "Santiago", "stgo ctro": "Santiago", "santiasco": "Santiago",
    "lascondes": "Las Condes", "las condez": "Las Condes", "condes": "Las Condes",
    "nunoa": "Ñuñoa", "nunowa": "Ñuñoa", "nunoua": "Ñuñoa", "nunua": "Ñuñoa", "ninoa": "Ñuñoa", "nunoha": "Ñuñoa", "nunork": "Ñuñoa", "la flo": "La Florida", "santi centro": "Santiago", "nunioa": "Ñuñoa", "niunoa": "Ñuñoa", "nuna": "Ñuñoa", "nunhoa": "Ñuñoa", "nyunyoa": "Ñuñoa",
    "penalo": "Peñalolén", "penalolem": "Peñalolén", "pena lolen": "Peñalolén",
    "maypu": "Maipú", "maipoo": "Maipú", "maipue": "Maipú",
    "florida": "La Florida", "laflorida": "La Florida", "lareina": "La Reina", "lacisterna": "La Cisterna",
    "cisterna": "La Cisterna", "barnechea": "Lo Barnechea", "lo barne": "Lo Barnechea", "pintana": "La Pintana",
    "est central": "Estación Central", "estacion": "Estación Central", "pac": "Pedro Aguirre Cerda",
    "puentealto": "Puente Alto", "pte alto": "Puente Alto", "quilikura": "Quilicura", "kilicura": "Quilicura", "vita": "Vitacura",
    "huechu": "Huechuraba", "inde": "Independencia", "sanber": "San Bernardo",
    "san jose del maipo": "San José de Maipo", "til til": "Tiltil",
    "vina": "Viña del Mar", "vina del": "Viña del Mar", "vinia": "Viña del Mar", "vinia del mar": "Viña del Mar",
    "valpo": "Valparaíso", "balparaiso": "Valparaíso", "con con": "Concón", "calera": "La Calera",
    "llay llay": "Llaillay", "llay-llay": "Llaillay", "rapa nui": "Isla de Pascua", "quilpe": "Quilpué",
    "serena": "La Serena", "paiguano": "Paihuano", "coqui": "Coquimbo",
    "conce": "Concepción", "talca-huano": "Talcahuano", "sppaz": "San Pedro de la Paz",
    "san pedro de la paz": "San Pedro de la Paz", "losangeles": "Los Ángeles", "los angeles": "Los Ángeles",
    "anto": "Antofagasta", "antofa": "Antofagasta", "san pedro de melipilla": "San Pedro", "san pedro atacama": "San Pedro de Atacama",
    "puerto natales": "Natales", "puerto aysen": "Aysén", "puerto aisen": "Aysén", "aisen": "Aysén",
    "coihaique": "Coyhaique", "puerto mont": "Puerto Montt", "puertomontt": "Puerto Montt",
    "puerto williams": "Cabo de Hornos", "trehuaco": "Treguaco", "chol chol": "Cholchol", "marchigue": "Marchihue",
    "san vicente de tagua tagua": "San Vicente", "san francisco de mostazal": "Mostazal",
    "san jose de la mariquina": "Mariquina", "villa rica": "Villarrica", "pto saavedra": "Saavedra",
    "puerto saavedra": "Saavedra", "puerto cisnes": "Cisnes", "villa o'higgins": "O'Higgins",
    "alto bio bio": "Alto Biobío", "chillan viejo": "Chillán Viejo", "san javier de loncomilla": "San Javier",
}  # fmt: skip

# Sectors that lie in one comuna only; the border ones (Bellavista, Plaza Egaña, Gran Avenida) are left out.
SECTORS: dict[str, tuple[str, ...]] = {
    "Ñuñoa": ("plaza nunoa", "irarrazaval", "villa frei", "campos de deportes", "chile espana", "estadio nacional"),
    "Providencia": (
        "barrio italia", "los leones", "pedro de valdivia", "manuel montt", "barrio suecia", "costanera center",
        "parque bustamante", "pocuro", "providencia alto",
    ),
    "Las Condes": (
        "el golf", "barrio el golf", "escuela militar", "apumanque", "los dominicos", "san carlos de apoquindo",
        "nueva las condes", "isidora goyenechea", "rotonda atenas", "cantagallo", "apoquindo", "parque arauco",
        "hernando de magallanes", "sebastian elcano",
    ),
    "Vitacura": (
        "alonso de cordova", "jardin del este", "santa maria de manquehue", "lo curro", "parque bicentenario",
        "los cobres",
    ),
    "Lo Barnechea": (
        "la dehesa", "dehesa", "los trapenses", "trapenses", "el arrayan", "farellones", "la parva", "el huinganal",
    ),
    "Santiago": (
        "barrio lastarria", "lastarria", "barrio brasil", "barrio yungay", "barrio franklin", "parque almagro",
        "parque forestal", "bellas artes", "plaza de armas", "barrio republica", "parque o'higgins", "toesca",
        "santa isabel", "barrio san borja", "concha y toro", "barrio matta",
    ),
    "La Reina": ("villa la reina", "la reina alta", "mall plaza egana la reina"),
    "Macul": ("villa macul", "camino agricola"),
    "Peñalolén": ("penalolen alto", "los presidentes", "comunidad ecologica", "quilin alto"),
    "La Florida": ("walker martinez", "rojas magallanes", "bellavista de la florida", "lo canas", "vicente valdes"),
    "Maipú": ("ciudad satelite", "el abrazo de maipu", "rinconada de maipu", "villa los heroes", "plaza de maipu",
              "plaza maipu", "pajaritos"),
    "Huechuraba": ("ciudad empresarial", "pedro fontova", "el carmen de huechuraba"),
    "Colina": ("chicureo", "piedra roja", "chamisero", "santa elena de chicureo"),
    "Lampa": ("valle grande", "larapinta", "batuco", "chicauma"),
    "Puente Alto": ("bajos de mena", "ciudad del este", "las vizcachas", "eyzaguirre"),
    "San José de Maipo": ("cajon del maipo",),
    "Pudahuel": ("ciudad de los valles", "lomas de lo aguirre", "pudahuel sur"),
    "San Bernardo": ("lomas de mirasur", "lo herrera"),
    "Buin": ("linderos", "alto jahuel"),
    "Quilicura": ("valle lo campino", "lo campino", "lo cruzat"),
    "San Miguel": ("ciudad del nino", "el llano subercaseaux", "llano subercaseaux", "lo vial"),
    "Independencia": ("plaza chacabuco",),
    "Recoleta": ("patronato",),
    "Estación Central": ("usach", "villa portales"),
    "Viña del Mar": ("renaca", "jardin del mar", "agua santa", "gomez carreno", "miraflores alto", "recreo alto",
                     "cochoa", "sausalito", "santa julia"),
    "Concón": ("montemar", "bosques de montemar", "higuerillas", "costa de montemar"),
    "Valparaíso": ("cerro alegre", "cerro concepcion", "playa ancha", "cerro placeres", "curauma", "cerro baron",
                   "placilla de penuelas"),
    "Quilpué": ("el belloto", "belloto"),
    "Puchuncaví": ("maitencillo", "horcon"),
    "Zapallar": ("cachagua",),
    "Casablanca": ("tunquen", "quintay"),
    "Algarrobo": ("san alfonso del mar",),
    "El Quisco": ("isla negra",),
    "El Tabo": ("las cruces",),
    "Santo Domingo": ("rocas de santo domingo",),
    "Pichilemu": ("punta de lobos",),
    "La Serena": ("avenida del mar", "serena oriente"),
    "Coquimbo": ("la herradura", "sindempart", "guanaqueros", "tongoy"),
    "Concepción": ("lomas de san sebastian", "barrio universitario", "collao"),
    "Chiguayante": ("lonco",),
    "San Pedro de la Paz": ("andalue", "idahue", "lomas coloradas", "san pedro del valle"),
    "Temuco": ("labranza", "fundo el carmen"),
    "Puerto Montt": ("pelluco", "valle volcan"),
    "Antofagasta": ("coviefi", "jardines del sur"),
    "Iquique": ("cavancha", "playa brava"),
    "Valdivia": ("isla teja",),
}  # fmt: skip

# Names that hold a comuna's name and are none: streets, people, other countries.
NOT_PLACES: frozenset[str] = frozenset({
    "la calefa", "calefa", "vicuna mackenna", "vicuna mackena", "vicuna makena", "vicuna makenna", "vicuna maquena", "los leones de", "independencia economica", "independencia financiera", "casa la reina",
    "avenida independencia", "gran avenida", "mercado libre", "santa rosa", "santa maria de", "banco santiago",
    "republica independencia", "metro universidad de chile", "san pedro y san pablo", "camino a melipilla",
    "arturo prat", "los angeles california", "cartagena de indias", "diego portales", "padre hurtado sur",
    "banco concepcion", "universidad de concepcion", "universidad santa maria", "mi florida",
    "noche buena", "buena vista", "estacion de metro", "estacion del metro", "estacion metro",
})  # fmt: skip

# What people write for more than one comuna, folded: asked, never guessed.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "san pedro": ("San Pedro", "San Pedro de la Paz", "San Pedro de Atacama"),
    "calera": ("La Calera", "Calera de Tango"),
}

# Everyday words and surnames: a comuna only after a word of place ("en Caldera"), or as the whole message.
NEED_CUE: frozenset[str] = frozenset({
    "independencia", "victoria", "florida", "caldera", "tome", "teno", "corral", "canela", "pica", "coronel",
    "constitucion", "camarones", "molina", "castro", "bulnes", "freire", "negrete", "pinto", "santa cruz",
    "lautaro", "cabrero", "la cruz", "la estrella", "la union", "nogales", "olivar", "parral", "linares",
    "los lagos", "los andes", "los alamos", "palmilla", "paredones", "saavedra", "cochrane", "maule", "arauco",
    "cabildo", "rinconada", "placilla", "nacimiento", "empedrado", "maria elena", "santa barbara", "san carlos",
    "san pablo", "san rafael", "san javier", "san nicolas", "san pedro", "san fernando", "san antonio",
    "san felipe", "san vicente", "sagrada familia", "santa maria", "juan fernandez", "maria pinto", "el carmen",
    "el monte", "villa alegre", "portezuelo", "condes", "cisterna", "estacion", "serena", "anto", "inde", "pac",
    "vita", "calera", "nuna", "o'higgins", "laja", "chanco", "coqui", "fresia",
    "lago verde", "laguna blanca", "rio negro", "rio verde", "rio claro", "santa juana", "penco", "lebu",
    "cisnes", "antartica", "cartagena", "salamanca", "los cobres", "el golf", "las cruces", "santa isabel",
    "miraflores alto", "san joaquin", "san ramon", "cunco", "collao", "porvenir", "lonco", "santiago", "quinta",
    "maipo", "providencia alto", "horcon",
})  # fmt: skip

# Words that even "en" does not make a comuna ("en primavera"): only "comuna de …" or the whole message.
NEED_COMUNA: frozenset[str] = frozenset(
    {"primavera", "navidad", "retiro", "antartica", "porvenir", "pica", "estacion"}
)
