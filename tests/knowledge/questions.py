"""Questions as Chileans write them, each with the code or title of the entry that answers it."""

QUESTIONS = [
    ("tienen deptos de 2 dorms en ñuñoa?", "Departamento Plaza Ñuñoa, 2 dormitorios"),
    ("busco algo cerca del metro irarrazaval", "Departamento Metro Irarrázaval, 1 dormitorio"),
    ("q tienen en nunoa con estacionamiento y bodega", "Departamento Plaza Ñuñoa, 2 dormitorios"),
    (
        "hay algo de tres piezas en provi por pedro de valdivia?",
        "Departamento Pedro de Valdivia, 3 dormitorios",
    ),
    ("departamneto en los leones", "Departamento Los Leones, 2 dormitorios"),
    (
        "algo grande en Las Condes con vista a la cordillera",
        "Departamento Alonso de Córdova, 3 dormitorios en suite",
    ),
    ("quiero una casa con jardín en penalolen", "Casa en condominio Quilín, 4 dormitorios"),
    ("casas en Maipu con patio pa los niños", "Casa pareada El Abrazo, 3 dormitorios"),
    ("depto en la florida con ds 19", "Departamento Vicuña Mackenna, 2 dormitorios"),
    ("cuánto vale el de san miguel", "Departamento Gran Avenida, 2 dormitorios"),
    ("tienen algún estudio amoblado en santiago centro para invertir", "Estudio Santa Isabel"),
    ("casa en chicureo con piscina", "Casa Chicureo Piedra Roja, 4 dormitorios"),
    ("algo en reñaca con vista al mar", "Departamento Reñaca vista al mar, 2 dormitorios"),
    (
        "me interesa un depto pa segunda vivienda en viña",
        "Departamento Reñaca vista al mar, 2 dormitorios",
    ),
    ("cómo funciona el subsidio ds1?", "Subsidio DS1 para sectores medios"),
    ("cuánto ahorro piden para postular al D.S. 1", "Subsidio DS1 para sectores medios"),
    ("que es el DS19", "Subsidio DS19 de integración social y territorial"),
    (
        "hay que postular para el bono de integración?",
        "Subsidio DS19 de integración social y territorial",
    ),
    ("con cuánta plata puedo reservar?", "Política de reserva"),
    ("si el banco me dice que no, me devuelven la reserva?", "Política de reserva"),
    ("cuánto pie piden", "Pie y formas de pago"),
    ("se puede pagar el pie en cuotas?", "Pie y formas de pago"),
    ("cobran comision ustedes?", "Comisión de corretaje"),
    ("cuanto son los honorarios en un alquiler", "Comisión de corretaje"),
    ("aceptan perros?", "Mascotas"),
    ("tengo dos gatitos, habrá problema", "Mascotas"),
    (
        "que papeles necesito pal crédito hipotecario",
        "Requisitos y documentos para un crédito hipotecario",
    ),
    (
        "puedo complementar renta con mi pareja?",
        "Requisitos y documentos para un crédito hipotecario",
    ),
    (
        "soy independiente, boleteo, qué documentos piden",
        "Requisitos y documentos para un crédito hipotecario",
    ),
    ("a qué hora atienden los sábados", "Oficina, horarios y visitas"),
    ("donde queda la oficina", "Oficina, horarios y visitas"),
    ("cuánto dura la visita y tiene costo?", "Oficina, horarios y visitas"),
]

NONSENSE = [
    "asdkjh qwe zzzz",
    "¿cuál es la capital de Francia?",
    "receta de pastel de choclo",
    "quién ganó el partido de la U ayer",
    "¿a cuánto está el dólar hoy?",
    "🙂🙂🙂",
    "hola buenas tardes",
    "jajaja ya po",
    "mi nombre es Claudia Figueroa",
]
