"""Tells a complaint about what happened to the lead from a question or a wish about a home."""

from crm.patterns import scanner

_THEIR_PEOPLE = r"(?:agente|corredora?|ejecutiv[oa]|vendedora?|asesora?|secretaria|encargad[oa]|persona|maestro|tecnico|gasfiter|nadie)"
_CAME = r"(?:lleg|aparec|vino|viene|asist|se present|fue|contest|respond|llam|arregl|repar)\w*"
_DAMAGE = r"(?:filtracion(?:es)?|goteras?|humedad|hongos|moho|termitas|ratones|cucarachas|fuga|inundacion|fallas?|defectos?|grietas?)"
_OF_MINE = (
    r"\b(?:compre|compramos|arriendo|arrende|arrendamos|entregaron|vendieron|arrendaron|mi (?:depto|departamento|casa|bano|cocina|techo|bodega|contrato)"
    r"|con (?:uds|ustedes)|me (?:mude|cambie)|llevo|hace|desde que|semanas?|otra vez|sigue|nadie)\b"
)
_SURE = scanner(
    r"\bme (?:\w+ )?(?:cobraron|descontaron|siguen cobrando|estan cobrando|han cobrado|subieron el arriendo|cargaron)\b(?! (?:poco|barato))"
    r"|\b(?:no|nunca|nadie|ni) (?:\w+ )?(?:me|nos) (?:\w+ )?(?:devuelv|devolv|reembols|entreg(?:aron|an|ado)|dieron (?:la )?(?:boleta|copia|llaves|comprobante)|han (?:devuelto|entregado|pagado|mandado|arreglado|respondido|llamado))\w*"
    r"|\b(?:devuel(?:van|vanme|vame|va)|reembols\w+) (?:mi|la|el|una|los|las|me)\b|\b(?:me|nos) (?:devuelvan|reembolsen)\b|\bque me devuelvan\b|\bdevolucion de (?:mi|la) (?:plata|dinero|reserva|garantia)\b"
    rf"|\b{_THEIR_PEOPLE} (?:que \w+ )?(?:\w+ ){{0,2}}?(?:nunca|no|jamas|ni) (?:me |nos |se )?{_CAME}"
    rf"|\b(?:nunca|no) (?:llego|aparecio|vino|se presento) (?:el |la |su |ningun )?{_THEIR_PEOPLE}\b|\bno (?:llego|vino|fue|aparecio) nadie\b"
    r"|\b(?:me|nos) (?:dejo|dejaron) (?:\w+ )?(?:plantad[oa]s?|esperando|botad[oa]s?|tirad[oa]s?)\b|\bfui(?:mos)? (?:al? |a la )?[^.\n]{0,60}\b(?:no habia nadie|nadie (?:me |nos )?abrio|estaba cerrado)"
    r"|\bquedaron de (?:llamar|venir|ir|mandar|enviar|arreglar|responder|avisar)\w* y\b|\bquedaron (?:en|de) [^.\n]{0,40}\b(?:y nada|y no|y nunca|nunca)\b"
    r"|\b(?:quiero|necesito|quisiera|vengo a|voy a|deseo|tengo que|para|como|donde|a quien|a quien le|puedo) (?:\w+ ){0,2}?(?:reclamar|reclamo|queja|quejarme|reclamos|quejas)\b|\btengo (?:un|una|varios|varias) (?:reclamo|queja)s?\b|\b(?:es|seria) un reclamo\b|\breclam(?:ando|e|amos)\b"
    r"|\b(?:me|nos) (?:trato|trataron|atendio|atendieron|grito|contesto) (?:muy |super |re )?(?:mal|pesimo|pesimamente|a garabatos|con groseria)\b|\b(?:grosero|grosera|prepotente|maleducad[oa]) (?:conmigo|con nosotros|el|la)\b|\bfaltar?on? el respeto\b|\bfalto el respeto\b"
    r"|\b(?:vendieron|arrendaron|dieron)(?:le|les)? (?:\w+ ){0,4}?(?:a otr[oa]|mi hora)\b|\b(?:le|se lo) (?:dieron|vendieron|arrendaron) (?:\w+ ){0,4}?a otr[oa]s?\b"
    r"|\bdecepcionad[oa]s? (?:de|con|por) (?:ustedes|uds|la|el|su)\b|\bnada que ver con (?:las fotos|la foto|el aviso|lo que (?:publican|ofrecen|dijeron|mostraron))|\bmuy decepcionad[oa]s?\b"
    r"|\b(?:no ha|no han|aun no|todavia no|no) (?:llegado|llega|aparecido|aparece|venido)\b(?=[^\n]{0,60}(?:agente|visita|nadie|$))(?<!yo no llega)"
    r"|\bnadie (?:ha llegado|llego|aparece|aparecio|vino|esta aqui|me abre)\b"
    r"|\b(?:son|ya son|van a ser) las? [^\n]{1,30}\b(?:la (?:visita|cita|hora)|quedamos|era a las)\b|\bla (?:visita|cita) era a las? [^\n]{1,40}\bson las\b"
    r"|\b(?:llevo|llevamos) [^\n]{1,25}(?:minutos|min|horas?) (?:aqui |aca )?(?:esperando|afuera|parad[oa])\b"
    r"|\b(?:perdieron|extraviaron) (?:mis|mi|los|la)\b|\bcontrato (?:\w+ ){0,3}?(?:error|errores|mal)\b"
    r"|\b(?:i was|been) charged\b|\bcharged (?:me )?twice\b|\b(?:agent|realtor|broker|nobody|no one) (?:\w+ )?(?:never|didn'?t|did not)? ?(?:showed|show|came|come) ?(?:up)?\b(?= *$|[.,!]| to)|\b(?:money|deposit) back\b|\bcomplain(?:t|ing)?\b|\brefund me\b"
    r"|\bcobrad[oa] (?:duas|dos|2) vezes\b|\bcorretor(?:a)? (?:nao|nunca) (?:apareceu|veio|chegou)\b|\breclamac(?:ao|oes)\b|\bmeu dinheiro de volta\b"
)  # fmt: skip
_DAMAGED = scanner(
    rf"\b{_DAMAGE}\b|\bse (?:me )?(?:llueve|llovio|filtra|filtro|inunda|inundo|rompio|tapo|cayo|echo a perder|quemo|solto|levanto)\b"
    r"|\b(?:no|ni) (?:funciona|sirve|abre|cierra|prende|enciende|calienta|anda)n?\b|\b(?:no hay|sin|cortaron (?:la|el)) (?:agua|luz|gas|agua caliente)\b|\b(?:esta|estan|salio|llego|vino|quedo) (?:\w+ )?(?:mal[oa]s?|rot[oa]s?|quebrad[oa]s?|trizad[oa]s?|tapad[oa]s?|suci[oa]s?)\b"
    r"|\b(?:leak(?:s|ing)?|mold|broken|doesn'?t work|not working)\b|\b(?:vazamento|mofo|infiltracao|quebrad[oa]|nao funciona)\b"
)  # fmt: skip
_MINE = scanner(_OF_MINE + r"|\b(?:my|our|meu|minha|comprei|aluguei|bought|rented)\b")
# A fault of the home they leave is a reason to look for another.
_LEAVES = scanner(
    r"\b(?:por eso|quiero (?:cambiarme|irme|mudarme)|busco otr[oa]|me quiero (?:cambiar|ir|mudar)|donde (?:vivo|estoy|arriendo)|para (?:cambiarme|irme)|ando buscando|estoy buscando|algo que no|que no (?:se|tenga))\b"
)
_NOW = scanner(r"^\W*(?:se (?:me )?(?:llueve|filtra|inunda|rompio|tapo)|hay|tengo (?:una )?)\b")


def complains(folded: str) -> bool:
    if _SURE.search(folded):
        return True
    if not _DAMAGED.search(folded) or _LEAVES.search(folded) or "?" in folded:
        return False
    return bool(_MINE.search(folded) or _NOW.search(folded))
