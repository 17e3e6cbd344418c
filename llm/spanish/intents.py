"""Reads what a lead wants from the conversation."""

import re

from crm.patterns import scanner
from leads.intents import Guess, guess
from llm.spanish.answers import says_no, says_refusal, says_unknown, says_yes
from llm.spanish.complaints import complains
from llm.spanish.meaning import Intent

_SOMEONE = (
    r"(?:un[ao]? )?(?:persona(?: real| de verdad| humana)?|human[oa]|alguien|ejecutiv[oa]|asesor(?:a)?|vendedor(?:a)?|agente"
    r"|corredor(?:a)?|encargad[oa]|secretari[oa]|supervisor(?:a)?|jef[ea]|duen[oa])"
)
_TABLE: tuple[tuple[Intent, str], ...] = (
    (Intent.GREETING, r"^[^\w\n]*(?:hola+|holi+|buen(?:as|os|a)(?: (?:tardes?|dias?|noches?))?|alo|wena+|que tal|saludos|hi|hello|hey)\b|\bhay alguien\b(?! (?:que|para|disponible))|\b(?:estan|estas) ahi\b"),
    (Intent.HOW_ARE_YOU, r"como (?:estas?|te va|le va|andas|andai|estai|va todo)\b(?! (?:ubicad|distribuid|el (?:depto|barrio|tema)))|que tal (?:estas|todo)|todo bien\?"),
    (Intent.ASKS_IF_BOT,
     r"\b(?:eres|sos|eri|usted es|es usted|tu eres|eres tu|esto es|es esto|sera(?:s)? )\s*(?:un|una|realmente una?|de verdad una?)?\s*"
     r"(?:bot|robot|ia|i\.a\.?|humano|humana|persona|maquina|real|inteligencia artificial|automatic[oa]|chat ?bot|chat ?gpt|grabacion|programa|computador)\b"
     r"|\b(?:hablo|hablando|converso|conversando|chateando|me responde|escribo|escribiendo|estoy) con (?:un|una|el)? ?(?:bot|robot|ia|maquina|persona(?=[^.\n]{0,120}\?)|humano(?=[^.\n]{0,120}\?)|computador)"
     r"|\bes (?:un |una )?(?:mensaje |respuesta )?(?:bot|robot|automatic[oa])\b|\bare you (?:a |an )?(?:bot|robot|human|real|ai|person)|\bhay (?:una? )?(?:persona|humano) (?:real )?(?:detras|ahi|del otro lado)"
     r"|\bquien (?:eres|me (?:habla|escribe|responde))\b|\bcon quien (?:hablo|estoy hablando|tengo el gusto)\b"),
    (Intent.WANTS_HUMAN,
     rf"\b(?:hablar|conversar|comunicarme|contactarme|contactar|chatear|conectarme|ponerme en contacto|habla) (?:\w+ )?(?:directamente )?(?:con|a) {_SOMEONE}\b"
     rf"|\b(?:quiero|necesito|prefiero|exijo|pasame|pasarme|comunicame|comuniqueme|derivame|derivarme|pongame|conectame|atienda|atiende|atenderme|prefiero que (?:me )?(?:atienda|hable)) (?:\w+ ){{0,3}}?(?:a |con |por )?(?:un |una )?(?:persona|human[oa]|ejecutiv[oa]|asesor(?:a)?|vendedor(?:a)?|agente|corredor(?:a)?|encargad[oa]|supervisor(?:a)?)(?! (?:para|de) (?:comprar|vivir))\b"
     rf"|\b(?:que )?me (?:llame|llamen|contacte|contacten|atienda|atiendan|responda|ayude|hable)\b(?: (?:con )?{_SOMEONE})?(?! con el nombre)"
     rf"|\b(?:pueden?|podrian?|puedes|podrias|favor(?: de)?) (?:llamarme|contactarme)|\bme (?:pueden?|podrian?|puedes|podrias) (?:llamar|contactar)\b|\bllamame(?:n)?\b(?! (?!por|al|a|en|hoy|manana|despues|ahora|cuando|antes)[a-z]+)|\bme llaman? (?:en|a|al|por|manana|hoy|despues)\b|\bllamenme\b|\balguien (?:me |que me )?(?:puede|pueda|podria|llame|atienda|responda|ayude)"
     rf"|\b{_SOMEONE} con quien (?:hablar|conversar)|\b(?:pasame|comunicame|pasarme|comunicarme) con\b|\b(?:ejecutiv[oa]|asesor|asesora|humano|persona|agente|operador(?:a)?),? (?:real|por ?fa(?:vor)?)\b|^[^\w\n]*(?:humano|ejecutiv[oa]|persona|operador(?:a)?|agente|asesor(?:a)?)\W*$"
     r"|\bno (?:quiero|me gusta|deseo|voy a) (?:hablar|hablando|seguir|conversar|tratar)?(?: hablando)? ?con (?:un |una )?(?:bot|robot|maquina|ia)|\b(?:talk|speak) (?:to|with) (?:a )?(?:human|person|someone|agent)"),
    (Intent.ANGER,
     r"\b(?:los|las|te|les) felicito\b(?=[^\n]{0,120}\b(?:dias?|semanas?|meses|horas|demora|espera|plant\w+|nada|nadie|nunca)\b)|\b\d+ (?:dias|semanas|meses|horas) (?:para|sin) (?:contest|respond|llam|devolv|mandar|arregl)\w*|\b(?:dias?|semanas?|horas) para (?:contestar|responder)\b(?=[^\n]{0,60}\b(?:los|las|te) felicito)|\b(?:gracias|bravo|aplausos?|felicit\w+|excelente),? (?:por (?:nada|la demora|la espera|hacerme|dejarme|el planton)|otra vez me dejaron)\b"
     r"|\b(?:ctm|csm|conch\w*tu\w*|chuchetumare|mierda|qlo|qla|ql|culia[oa]s?|culiad[oa]s?|weon(?:es)? (?:qlo|culia)|aweona[oa]s?|ahueona[oa]s?|imbecil(?:es)?|estupid[oa]s?|idiotas?|inutil(?:es)?|incompetentes?|ladrones|sinverguenzas?|chantas?|rateros|ctmre|maricon)\b"
     r"|\b(?:es|son|parece) (?:una|unos|pura|puras|puros) (?:estafa|estafadores|mentiros[oa]s?|mentiras?|verguenza|burla|chacra|falta de respeto|perdida de tiempo|asco)\b(?![^.\n]{0,120}\?)|\bestafador(?:es)?\b|\bque (?:verguenza|asco|rabia|falta de respeto|mal servicio|mala atencion)\b"
     r"|\b(?:pesim[oa]|horrible|malisim[oa]|asquerosa|mal[oa]) (?:el |la )?(?:servicio|atencion|experiencia)\b|\b(?:estoy|toy|ando) (?:muy |super |re |ya )?(?:hart[oa]|furios[oa]|enojad[oa]|choread[oa]|chat[oa]|molest[oa]|indignad[oa]|aburrid[oa] de)\b"
     r"|\bme (?:tienen|tienes|tiene) (?:hart[oa]|chat[oa]|aburrid[oa]|enferm[oa]|podrid[oa]|cabread[oa])|\b(?:nadie|nunca) (?:me )?(?:responde[n]?|contesta[n]?|ha[n]? respondido|llamaron|llamo)\b|\bno sirve[ns]? para nada\b"
     r"|\b(?:esta|que) (?:wea|wevada|hue[av]\w*)\b|\bme (?:mintieron|enganaron|estafaron|dejaron plantad[oa]|hicieron perder)|\bhasta cuando\b|\bwtf\b|\bse (?:burlan|rien) de\b|\bpoca seriedad\b|\bqu?[e]? chucha\b|\bla chucha\b"),
    (Intent.LEGAL_THREAT,
     r"\bsernac\b|\b(?:la|una|mi) (?:demanda|querella) (?:por|contra|en contra)\b(?! de alimentos| alimentos)|\babogad[oa]s? (?:\w+ ){0,2}?(?:redact|prepar|present|contact|escrib|mand)\w*|\b(?:voy|vamos|procedere|pienso) a (?:demandar|denunciar)|\b(?:los|las|les|te) (?:voy a |vamos a )?(?:demandar\w*|denunciar\w*|demando|denuncio|denunciare|demandare)\b"
     r"|\bdemandarl[oae]s?\b|\bdenunciarl[oae]s?\b|\b(?:poner|pondre|presentar|presentare|interponer|hacer|hare|meter) (?:una |la )?(?:demanda|denuncia|querella|reclamo (?:formal|legal))\b|\bacciones legales\b|\bquerella\b"
     r"|\b(?:con|a|de) (?:mi|mis|un|nuestros?) abogad[oa]s?\b|\bmis? abogad[oa]s? (?:los|les|te|se|va|van|los)\b|\b(?:juzgado|policia local|tribunales|corte de apelaciones)\b|\bvia(?:s)? legal(?:es)?\b|\bnos vemos en (?:tribunales|la corte)|\blawyer\b|\bsue (?:you|your|the)\b|\bgoing to sue\b"),
    (Intent.WANTS_VISIT,
     r"\b(?:visita(?:r|rlo|rla|rlos|s)?|visitita)\b|\b(?:ver|conocer|mirar|recorrer|revisar)(?:lo|la|los|las)\b(?! (?:con|en) (?:mi|foto|video|internet|casa$))|\b(?:ir|pasar|voy|vamos) a (?:ver|mirar|conocer|visitar)"
     r"|\b(?:ver|conocer|recorrer) (?:el|la|los|las|ese|esa|un|una|algun) (?:\w+ )?(?:depto|dpto|departamento|casa|propiedad|depa|piloto|proyecto|edificio|parcela|terreno|oficina|lugar|sala)s?\b"
     r"|\bagend(?:a|ar|amos|emos|o|ame|arla|arlo|arme)\b|\bcoordin(?:ar|amos|emos|o) (?:\w+ ){0,3}?(?:visita|hora|dia|para|una)?|\b(?:tienen?|tienes|hay|dan?|dame|deme|quiero|necesito|pedir|tomar|reservar|sacar) (?:\w+ ){0,2}?(?:hora|horas|horarios?|cita|tour|cupo)\b"
     r"|\b(?:que|cuales) (?:horarios|horas|dias) (?:hay|tienen?s?|disponibles)|\bhorarios? disponibles?\b|\bcuando (?:puedo|podemos|podria|se puede|podriamos) (?:ir|verl|ver|visitar|conocer|pasar)|\bpuedo ir\b|\b(?:me|nos) (?:lo |la |los |las )?(?:muestr\w+|mostr\w+)\b(?! (?:\w+ )?(?:fotos?|opciones|alternativas|precios|propiedades|planos?|mas|que))|\b(?:come|go) (?:and |to )?see\b|\b(?:see|view) (?:the|it|this|that)\b|\bvisit(?:ar)? (?:o|a|the)\b|\b(?:posso|gostaria de|quero) (?:ver|visitar|conhecer)\b|\b(?:viewing|marcar uma visita|agendar uma visita)\b|\bme gustaria ir\b|\bvisit (?:the|it)\b|\bschedule a\b|\bpuedo pasar\b|\b(?:podria|podriamos|puede|podra) ser (?:\w+ ){0,3}?(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|hoy|pasado)\b"),
    (Intent.WANTS_CANCEL,
     r"\b(?:cancel(?:ar|o|a|emos|en|ame)|baj(?:ar|emos|a|en|amos)|bot(?:ar|emos)|borr(?:ar|emos|a|en)|olvid(?:emos|emonos de|a)|dej(?:ar|emos) (?:hasta ahi|sin efecto)|anul(?:ar|o|a|emos|en)|desagendar|suspender|suspendamos) (?:\w+ ){0,2}?(?:visita|cita|hora|reunion|reserva|lo del)\b|\bno (?:podre|voy a poder|voy a ir|puedo|alcanzo a|alcanzare a|vamos a poder|podremos)(?: \w+)? (?:ir|asistir|llegar|visitar)\b"
     r"|^\W*(?:\w+ ){0,3}?(?:ya |al final )?no (?:voy a poder|podre|vamos a poder|podremos)(?: (?:manana|hoy|al final|el \w+|ir))?\W*$|\b(?:cancel|call off) (?:my|the) (?:visit|appointment|viewing)\b|\bcan'?t make it\b|\b(?:cancelar|desmarcar) a (?:minha )?visita\b"
     r"|\b(?:cancela(?:la|lo|rla)|anula(?:la|rla)|(?:cancel|anul)(?:a|e|en|ar)(?:me|nos)(?:la|lo))\b|\b(?:cancel|anul)(?:a|e)(?:me|nos) (?:la|el|mi|lo)\b(?! (?:deuda|cuenta|credito))|\bya no (?:voy|quiero ir|ire|puedo ir)\b"),
    (Intent.WANTS_RESCHEDULE,
     r"\b(?:l[oa] |se |me l[oa] )?(?:podemos|puedo|podriamos|podria|puede|pueden|puedes|podrias|podras)? ?(?:correr|mover|pasar|cambiar|dejar|postergar|aplazar|adelantar|atrasar)(?:l[oa]|mel[oa])? (?:\w+ ){0,2}?(?:para|pal|al|a las?|hasta|un dia|una hora|media hora|una semana) ?(?:\w+ )?(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|pasado|hoy|otr[oa]|proxim[oa]|mas tarde|mas temprano|tarde|\d|semana|finde|fin de)"
     r"|\b(?:corr|muev|mov|pas|cambi|postergu|posterg|aplac|adelant|dej)(?:amos|emos|e|a|ela|ala|alo|elo|emela|amela|emosla|emoslo|amosla|amoslo)(?:la|lo)? (?:\w+ ){0,2}?(?:para|pal|al) (?:el |la )?(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|pasado|otr[oa]|proxim[oa]|tarde|las \d)"
     r"|\b(?:reschedul\w+|remarcar)\b|\b(?:move|change|push) (?:it|my (?:visit|appointment|viewing)|the (?:visit|time|viewing))\b"
     r"|\b(?:reagend\w+|reprogram\w+|re agendar|reprogam\w+)\b|\b(?:cambi(?:ar|o|emos|arla|ame|a)|mover|movamos|correr|posterg(?:ar|amos)|aplaz\w+|adelantar) (?:\w+ ){0,2}?(?:visita|cita|hora|reunion|horario|dia|fecha)\b"
     r"|\b(?:cambiarla|moverla|postergarla|adelantarla)\b|\b(?:visita|cita|hora) (?:para|a) otr[oa] (?:dia|hora)|\bpodria(?:mos)? ser otro dia\b|\bdejarl[oa] para (?:el|otro|manana)\b|\ben vez del? (?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)"),
    (Intent.ASKS_APPOINTMENT,
     r"^\W*(?:\w+ ){0,2}?(?:era|es|quedo|quedamos|seria) (?:a las?|el|para el|manana|hoy|tipo) ?(?:\d|lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|\w+)[^.\n]{0,20}\?|\b(?:a que hora|que dia|cuando|donde) (?:era|quedamos|nos juntamos|es la visita|tengo que (?:ir|llegar|estar))\b|\bsigue en pie\b|\b(?:adonde|a donde|donde) (?:tengo que|debo|hay que|tenia que) (?:ir|llegar)\b|\bwhat time (?:is|was) (?:my|the)\b|\bwhen is my\b|\bquando e (?:a minha|minha|a) visita\b|"
     r"\b(?:cuando|a que hora|que dia|donde|que hora|en que direccion|a que direccion) (?:\w+ ){0,3}?(?:mi |la |nuestra )(?:visita|cita|hora|reunion)\b|\b(?:sigue en pie|confirmad[ao]) (?:la|mi|lo de)\b|\bmi (?:visita|cita|hora) (?:sigue|quedo|esta)\b|\btengo (?:hora|visita) (?:agendada|el|para)\b|\bque dia quedamos\b"),
    (Intent.WANTS_OTHER_SLOTS,
     r"\b(?:ningun[ao]) (?:de (?:esas|esos|las|los)|me|\w+ (?:me )?sirve)|\bno me (?:sirve|acomoda|queda|tinca|da)\w*|\b(?<!\bel )otr[ao]s? (?:dias?|horas?|horarios?|opcion(?:es)?|fechas?|alternativas?)\b|\bmas (?:tarde|temprano|horarios|horas)\b|\bno puedo (?:es[eao]s?|en es[eao]s?|a es[ao]|ningun|el |los )"),
    (Intent.THANKS, r"\b(?:gracias|muchas gracias|agradec\w+|mil gracias|grax|thx|thanks|thank you|te pasaste|bendiga|bendiciones|muy amable)\b"),
    (Intent.GOODBYE, r"\b(?:chao+|chau|adios|nos vemos|hasta (?:luego|pronto|manana|la vista)|que (?:estes|este|tengas?|tenga) (?:muy )?(?:bien|buen\w*|lindo|linda)|nos hablamos|hablamos (?:luego|despues)|bye|buen dia\W*$|cuidate|saludos\W*$)\b"),
    (Intent.POSTPONES, r"\b(?:(?:despues|luego|mas (?:rato|tarde)|manana) te (?:confirmo|aviso|hablo|escribo|digo|cuento)|te (?:confirmo|aviso|hablo|escribo|digo|cuento) (?:despues|luego|mas (?:rato|tarde)|manana|cualquier cosa|altiro)|(?:lo|la) (?:voy a |vamos a |tengo que |debo )?(?:pensar|pienso|converso|conversar\w*|veo|consulto|hablar) (?:\w+ )*?(?:y te|con mi|en la casa)|lo (?:voy a |vamos a )(?:pensar|conversar|ver)|y te aviso|hablamos mas rato|ahora no puedo|estoy (?:ocupad[oa]|en el trabajo|manejando|en reunion))\b"),
    (Intent.NOT_INTERESTED, r"\b(?:no me interesa(?! (?:el|la|ese|esa|vivir))|ya no (?:me interesa|busco|estoy buscando|necesito)|ya (?:compre|encontre|arrende|tengo casa)|no (?:estoy|ando) (?:interesad[oa]|buscando)(?: ya)?)\b"),
    (Intent.WANTS_TO_SELL, r"\b(?:quiero|necesito|quisiera|deseo|me gustaria|busco|pensando en|podrian|pueden|ayudan a|para) (?:vender|arrendar|poner en (?:venta|arriendo)|tasar|publicar|tasacion de)\w* (?:\w+ )?(?:mi|mis|nuestr[oa]|una propiedad (?:que|de mi))\b|\bvendo (?:mi|una|un)\b|\b(?:sell|rent out|list) my\b|\b(?:vender|alugar) (?:o |a )?(?:meu|minha)\b|\btasar mi\b|\bcorretaje de mi\b"),
    (Intent.ASKS_WHY, r"\b(?:por ?que|para que|xq|pq|x que|pa que) (?:\w+ ){0,3}?(?:pregunta\w*|quier[ae]\w*|necesita\w*|pide[sn]?|sirve (?:eso|esa)|tanta|ocupa[sn]?)\b|\bpara que (?:es|son|seria) (?:eso|esos|esa|mi)\b|\bes necesario (?:que|dar|decir)\b"),
    (Intent.ASKS_FINANCING,
     r"\b(?:creditos? hipotecarios?|hipotecari[oa]s?|financi\w+|preaprob\w+|pre aprob\w+|pre-aprob\w+|subsidios?|ds ?-?(?:1|19|49|01)\b|leasing|dividendos?|tasa(?:s)? de interes|leasing habitacional|simula\w+|bono pie|credito (?:con|del|en el) banco|pie en cuotas|fogaes|complementar renta)\b"
     r"|\b(?:cuanto|que|como) (?:\w+ ){0,3}?pie\b|\bcalific(?:o|ar|aria|amos)\b|\b(?:me|nos) (?:prestan?|presta)\b|\bcreditos?\b(?=[^.\n]{0,120}\?)|\b(?:necesito|quiero|pedir|sacar|optar a|postular a) (?:\w+ )?(?:credito|subsidio)"),
    (Intent.GROSS_INCOME, r"\bbrut[oa]s\b"),
    (Intent.RUNNING_LATE,
     r"\b(?:voy|vengo|llego|llegare|llegando|estoy|ando|vamos|venimos) (?:\w+ ){0,3}?(?:atrasad[oa]s?|tarde|retrasad[oa]s?|con retraso)\b(?! (?:para comprar|en la vida))|\bme (?:atrase|demoro|voy a (?:atrasar|demorar)|retrase)\b|\bnos (?:atrasamos|demoramos)\b"
     r"|\b(?:me|nos) (?:esperan?|pueden? esperar)\b|\besperenme\b|\bllego (?:en|como en) \d+|\b\d+ min\w* (?:tarde|atrasad[oa]|de atraso|despues)\b|\brunning (?:\w+ )?late\b|\bmin\w* late\b|\bstuck in traffic\b|\bestou atrasad[oa]\b|\bvou (?:me )?atrasar\b"),
    (Intent.CONFIRMS_VISIT,
     r"\bconfirmo (?:q |que )?(?:si |la |mi |voy|vamos|asist|ire|iremos|manana|visita|hora)|\b(?:ahi|alla) (?:estare|estaremos|nos vemos|voy a estar|estoy)\b|\b(?:si|yo) (?:voy|vamos|ire|asisto|asistire)\b(?! a (?:pensar|ver|comprar|poder))|\bcuent[ae]n? conmigo\b|\bvoy en camino\b|\bya llegue\b|\bestoy (?:afuera|abajo|en (?:la )?(?:porteria|conserjeria|recepcion))\b|\bi'?ll be there\b|\bestarei la\b|\bsin falta\b"),
    (Intent.JOB_SEEKER,
     r"\b(?:busco|buscando|necesito|quiero) (?:\w+ )?(?:trabajo|pega|empleo)\b(?! (?:cerca|y|en la casa))|\b(?:mi|el|un) (?:curriculum|cv)\b|\bestan contratando\b|\bvacantes?\b|\bquiero trabajar (?:con|para|en su)\b|\b(?:looking for a job|are you hiring|procurando emprego)\b"),
    (Intent.OTHER_BUSINESS,
     r"\bsoy (?:\w+ )?(?:periodista|reportera?|notario|arrendatari[oa] (?:actual|del)|(?:el|la) (?:administradora?|conserje|vecin[oa]) del?)\b|\bvoceria\b|\b(?:hacen|trabajan en|en|por un) canje\b|\btengo un cliente\b|\bi'?m a (?:journalist|broker|realtor)\b|\bsou corretora?\b"),
    (Intent.ASKS_OF_OTHERS,
     r"\b(?:a que hora|que dia|cuando) (?:va|fue|viene|ira|tiene|quedo|le toca|visita) (?:\w+ ){0,2}?mi (?:cunad[oa]|ex|vecin[oa]|herman[oa]|suegr[oa]|prim[oa]|amig[oa]|jef[ea]|ti[oa]|comadre|compadre)\b"),
    (Intent.SUPPLIER,
     r"\b(?:ofrezco|ofrecemos|ofrecerles?|les ofrezco|le ofrecemos) (?:\w+ ){0,3}?(?:servicios?|fletes|mudanzas|publicidad|seguros|creditos|marketing|leads|convenio)\b|\bsomos (?:una )?(?:empresa|agencia) (?:de|que)\b|\bseo services\b|\bpaginas? web\b|\bbitcoin\b|\bcriptomonedas?\b"),
)  # fmt: skip
_PATTERNS = tuple((intent, scanner(pattern)) for intent, pattern in _TABLE)
_PROFESSION = re.compile(
    r"\b(?:soy|trabajo (?:de|como)) (?:abogad[oa]|ejecutiv[oa]|corredor(?:a)?|vendedor(?:a)?|agente|asesor(?:a)?)\b"
)
# Who is angry with others, or wary, is not angry with us.
_ELSEWHERE = re.compile(
    r"\b(?:hart|furios|enojad|choread|chat|molest|cansad|aburrid|cabread)[oa]s? (?:\w+ )?(?:con|de|del|por) (?:que )?(?:el |la |los |las |mi |mis |tanto |tanta )?"
    r"(?:banco|bancos|taco|dueno|duena|arriendo|arrend\w+|jefe|vecin\w+|suegr\w+|ruido|pag\w+|viv\w+|busc\w+|trabajo|pega|allegad\w+|marido|senora|ex|ciudad|santiago|gobierno|frio|calor|micro|metro|hermano|polol\w+)"
    r"|\b(?:que )?no (?:es|sea|son|sean|sera) (?:una? |unos )?(?:estafa\w*|mentira)|\b(?:me|nos) (?:estafaron|enganaron|mintieron) (?:antes|en otr|una vez|con otr|el ano)\w*"
)
# An act that is denied is not asked for.
_NEGATED = re.compile(
    r"\bno (?:\w+ )?(?:quiero|quisiera|queremos|es para|vengo a|necesito|voy a|deseo|estoy|quiere decir que) (?:\w+ )?(?:cancel|anul|mover|cambiar|reagend|reprogram|posterg|vender|reclam|demand|denunc|molest)\w*(?: (?:la|mi|el|los|una) (?:visita|hora|cita|dia))?"
    r"|\b(?:don'?t|do not) want to (?:cancel|move|change|reschedule|sell|complain)\w*(?: (?:the|my) \w+)?|\bnao quero (?:cancelar|desmarcar|mudar|vender)(?: (?:a|minha) visita)?"
)
# What would be if: "si cancelo la visita, ¿me cobran?"
_SUPPOSED = re.compile(
    r"\b(?:si|que pasa si|if|se) (?:yo |al final |despues |un dia |la |lo |i |eu )?(?:cancel\w+|anul\w+|cambi\w+|muev\w+|falt\w+|reagend\w+|no (?:voy|vamos|puedo ir|llego|alcanzo|asisto)|(?:do not|don'?t|can'?t) (?:go|make it))"
    r"(?: (?:a |la |mi |el |de |the |my )*(?:visita|hora|cita|dia|visit|appointment))?(?=[^.\n]{0,80}(?:\?|cobr|pasa|mult|costo|pierd|problema|charge|fee))"
)
# In Chile a debt is "cancelada" when it is paid.
_PAID_OFF = re.compile(
    r"\bcancel\w+ (?:\w+ ){0,2}?(?:deudas?|creditos?|tarjetas?|dicom|cuentas?|prestamos?|cuotas?|todo lo que)\b|\bcancel\w+ (?:con|en) (?:tarjeta|cuotas|efectivo|cheque)\b"
)
_PARKING = re.compile(r"\b(?:estacionamientos?|parking|banos?) (?:de |para )?(?:las? )?visitas?\b")
_ANOTHER_TIME = re.compile(
    r"\b(?:otr[oa] (?:dia|hora|horario|fecha)|(?:puedo|podria|podriamos|mejor|podra ser|puede ser|cambi\w+|muev\w+)"
    r" (?:\w+ ){0,3}?(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|hoy|tarde|\d))"
)
_NO_WISH_TO_VISIT = {
    Intent.WANTS_CANCEL,
    Intent.WANTS_RESCHEDULE,
    Intent.ASKS_APPOINTMENT,
    Intent.CONFIRMS_VISIT,
    Intent.ASKS_OF_OTHERS,  # somebody else's visit
    Intent.RUNNING_LATE,
}
_ASKED_VISIT_ELSEWHERE = re.compile(
    r"\b(?:no (?:quiero|necesito|me interesa) (?:\w+ )?(?:visitar|visita|agendar|ir a)|antes de (?:ir|visitar|agendar)|ya (?:visite|fui a ver|lo visite)|(?:todavia|aun) no quiero (?:visitar|agendar))"
)

# "Tengo que verlo con mi hermana" tells who decides, where no day or hour is asked for.
_SEEN_WITH_OTHERS = re.compile(
    r"\b(?:tengo|tenemos|hay) (?:que|q) (?:ver|mostrar)(?:l[oa]|sel[oa]|le)?\b[^?]{0,60}\bcon (?:mi|mis)\b"
    r"(?![^\n]{0,200}(?:\?|puedo|podemos|cuando|hora|lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana))"
)

# What the examples teach; yes, no and the like mean something by what was asked only.
_LEARNT = {
    intent.value: intent
    for intent in (
        Intent.GREETING, Intent.ASKS_IF_BOT, Intent.WANTS_HUMAN, Intent.ANGER, Intent.COMPLAINT,
        Intent.LEGAL_THREAT, Intent.WANTS_VISIT, Intent.ASKS_FINANCING, Intent.THANKS, Intent.GOODBYE,
        Intent.WANTS_CANCEL, Intent.WANTS_RESCHEDULE, Intent.ASKS_APPOINTMENT, Intent.WANTS_TO_SELL,
        Intent.POSTPONES, Intent.NOT_INTERESTED, Intent.HOW_ARE_YOU, Intent.ASKS_WHY,
        Intent.REFUSES_TO_SAY, Intent.CONFIRMS_VISIT, Intent.RUNNING_LATE, Intent.SUPPLIER, Intent.OTHER_BUSINESS,
        Intent.JOB_SEEKER, Intent.ATTACK, Intent.OFF_TOPIC, Intent.SMALLTALK,
        Intent.SENDS_MEDIA, Intent.ASKS_OF_OTHERS,
    )
}  # fmt: skip
_ACTS = (
    Intent.WANTS_CANCEL, Intent.WANTS_RESCHEDULE, Intent.COMPLAINT, Intent.ANGER,
    Intent.LEGAL_THREAT, Intent.WANTS_HUMAN, Intent.WANTS_TO_SELL, Intent.WANTS_VISIT,
)  # fmt: skip
_PEOPLE = (Intent.COMPLAINT, Intent.ANGER, Intent.LEGAL_THREAT, Intent.WANTS_HUMAN)
# A rule that fires on a word is not followed where the examples surely say something else.
_UNLIKELY, _SOMETHING_ELSE = 0.04, 0.6
_PLAIN = ("facts", "asks_question")

# Who asks whether anybody is there says hello; it takes more to ask for a person.
_ANYBODY_THERE = re.compile(
    r"(?m)(?:^|[.,!?])[ ]?¿?(?:alo,? |hola,? )?(?:hay )?alguien(?: (?:ahi|por ahi|en linea))?[ ]?(?:\?|$)"
)


def find_intents(folded: str, *, answers: bool = False) -> set[Intent]:
    """With ``answers`` the message tells what was asked: the examples alone then call nobody."""
    plain = _without_asides(folded)
    guessed = guess(plain)
    found = {intent for intent, pattern in _PATTERNS if pattern.search(plain)}
    found = {intent for intent in found if not _is_denied(intent, guessed)}
    if complains(plain):
        found.add(Intent.COMPLAINT)
    learnt = {_LEARNT[name] for name in guessed.sure if name in _LEARNT}
    found |= learnt - set(_PEOPLE) if answers else learnt
    if "needs_person" in guessed.sure and not answers and not found & set(_PEOPLE):
        found.add(max(_PEOPLE, key=lambda intent: guessed.scores[intent]))
    replies = (
        (Intent.AFFIRMS, says_yes),
        (Intent.DECLINES, says_no),
        (Intent.DOES_NOT_KNOW, says_unknown),
        (Intent.REFUSES_TO_SAY, says_refusal),
    )
    found |= {intent for intent, says in replies if says(folded)}
    return _settled(folded, found)


def _without_asides(folded: str) -> str:
    folded = _ANYBODY_THERE.sub(" hola ", folded)
    folded = _SUPPOSED.sub(" ", folded)
    return _NEGATED.sub(" ", _ELSEWHERE.sub(" ", _PARKING.sub(" ", _PROFESSION.sub(" ", folded))))


def find_unsure(folded: str) -> Intent | None:
    """The act that it may ask for, where that is worth a question."""
    guessed = guess(_without_asides(folded))
    likely = [intent for intent in _ACTS if intent.value in guessed.possible]
    return max(likely, key=lambda intent: guessed.scores[intent], default=None)


def is_like_examples(folded: str) -> bool:
    """Whether it resembles anything that people write."""
    return bool(guess(folded).possible)


def _is_denied(intent: Intent, guessed: Guess) -> bool:
    if intent not in _ACTS or guessed.scores[intent] >= _UNLIKELY:
        return False
    return max(guessed.scores[name] for name in _PLAIN) >= _SOMETHING_ELSE


def _visits_otherwise(folded: str) -> bool:
    return bool(_ASKED_VISIT_ELSEWHERE.search(folded) or _SEEN_WITH_OTHERS.search(folded))


def _settled(folded: str, found: set[Intent]) -> set[Intent]:
    """Of intents that exclude each other the stronger stays."""
    if Intent.ASKS_IF_BOT in found and not re.search(
        r"\b(?:quiero|necesito|prefiero|pasame|puedo|llam)\w*", folded
    ):
        found.discard(Intent.WANTS_HUMAN)
    if _PAID_OFF.search(folded):
        found.discard(Intent.WANTS_CANCEL)
    if Intent.WANTS_CANCEL in found and _ANOTHER_TIME.search(folded):
        found.add(Intent.WANTS_RESCHEDULE)
    if Intent.WANTS_RESCHEDULE in found:
        found.discard(Intent.WANTS_CANCEL)
    if found & _NO_WISH_TO_VISIT or _visits_otherwise(folded):
        found.discard(Intent.WANTS_VISIT)
    return found
