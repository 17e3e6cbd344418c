"""The words of the offline model in Portuguese, as it is spoken in Brazil."""

from llm.offline.phrases import Spanish


class Portuguese(Spanish):
    ASK = {
        "name": ("Como você se chama?", "Qual é o seu nome?", "Com quem eu falo? Qual é o seu nome?"),
        "phone": ("Você me deixa um telefone para contato?", "Em qual telefone podemos falar com você?"),
        "email": ("Para qual e-mail mando a informação?", "Qual é o seu e-mail?"),
        "location": ("Em qual bairro ou região você gostaria de morar?", "Qual bairro você procura?"),
        "budget": ("Qual orçamento você tem em mente, em UF ou em pesos?", "Qual é o seu orçamento, mais ou menos?"),
        "income": (
            "Para ver qual financiamento combina com você: qual é a sua renda líquida por mês, mais ou menos?",
            "Assim vejo o que convém: qual é a sua renda líquida mensal?",
        ),
        "dicom": (
            "Os bancos sempre olham isso, por isso pergunto: você tem dívidas no DICOM, o registro de crédito?",
            "Como os bancos olham antes de emprestar: você está no DICOM, o registro de crédito?",
        ),
        "debt_amount": ("De quanto é a dívida, mais ou menos?", "Qual é o valor da dívida?"),
        "timeline": ("Para quando você pensa em comprar ou mudar?", "Em qual prazo você gostaria de comprar?"),
        "property_type": ("Você procura casa ou apartamento?", "Seria casa ou apartamento?"),
        "bedrooms": ("De quantos quartos você precisa?", "Com quantos quartos você procura?"),
    }  # fmt: skip
    ASK_AGAIN = {
        "name": "Para saber com quem eu falo: qual é o seu nome?",
        "phone": "Quando puder, em qual telefone falamos com você?",
        "email": "Quando puder, você me passa o seu e-mail?",
        "location": "Para procurar bem, qual bairro você prefere?",
        "budget": "Uma faixa já basta: qual é o seu orçamento?",
        "income": "Uma faixa já basta, é só para orientar: qual é a sua renda líquida mensal?",
        "dicom": "Basta um sim, um não ou um não sei: você está no DICOM?",
        "debt_amount": "Um valor aproximado já basta: qual é o valor da dívida?",
        "timeline": "Seria logo ou mais para a frente? Para quando você pensa em comprar?",
        "property_type": "Você prefere casa ou apartamento?",
        "bedrooms": "Quantos quartos seriam bons para você?",
    }
    WHY = {
        "income": "Pergunto porque o banco define o crédito pela sua renda líquida; é só para orientar.",
        "dicom": "Pergunto porque os bancos olham o DICOM antes de emprestar; é só para orientar.",
        "debt_amount": "Pergunto porque o valor muda as opções que posso mostrar.",
        "phone": "É para avisar você da visita ou de algo que sirva.",
        "email": "É para mandar a informação por escrito.",
        "name": "É para saber como tratar você.",
        "budget": "Assim mostro só imóveis que servem para você.",
    }
    WHY_OTHERWISE = "Pergunto só para mostrar opções que servem para você."
    PHONE_WHOLE = "Você me escreve o telefone completo, com o código do país?"
    GROSS = "E quanto fica líquido por mês, o que chega na sua conta?"
    HELLO = "Olá!"
    INTRO = "Olá! Sou {agent}, assistente virtual de {broker}."
    INTRO_NAMELESS = "Olá! Sou assistente virtual."
    PURPOSE = "Ajudo você a encontrar um imóvel e a marcar visitas."
    IS_BOT = "Sou {agent}, assistente virtual{of_broker}: um programa, não uma pessoa. Se você prefere alguém da equipe, me diga."
    A_PROGRAM, OF_BROKER = "um programa", " de {broker}"
    GREETED = ("Olá de novo!", "Olá!")
    FINE = "Muito bem, obrigada por perguntar!"
    PLEASED = ("Prazer, {name}.", "Olá, {name}!", "Muito prazer, {name}.")
    NOTED = ("Perfeito, {facts}.", "Certo: {facts}.", "Ótimo, {facts}.")
    THANKED = ("Perfeito, obrigada.", "Isso ajuda muito.", "Ótimo.")
    CLEAN = ("Sem dívidas, isso ajuda muito.", "Que bom que você não tem dívidas.")
    NO_MATTER = ("Não tem problema, deixamos para depois.", "Tudo bem, vemos isso depois.")
    PHONE_REFUSED = "Esse número não parece um telefone válido."
    EMAIL_REFUSED = "Esse e-mail não parece válido."
    KINDS = {
        "departamento": "apartamento",
        "casa": "casa",
        "oficina": "escritório",
        "terreno": "terreno",
        "parcela": "terreno",
        "local": "loja",
        "bodega": "depósito",
        "estacionamiento": "vaga de garagem",
    }
    ROOM, ROOMS, SIZED = "{count} quarto", "{count} quartos", "{kind} de {rooms}"
    IN_PLACE, OR, UP_TO = "em {places}", " ou ", "até {limit}"
    DEBT = "Obrigada por contar. Com uma dívida em aberto não posso adiantar o que o banco vai dizer; em geral pedem para regularizar primeiro, e isso se vê caso a caso."
    SUBSIDY = "Também há subsídios do Estado, como o DS1 ou o DS19, que vale a pena olhar."
    REVIEW_MARK = "vai avaliar o seu caso"
    REVIEW = "Com esses dados o financiamento parece difícil por agora, mas uma pessoa da equipe vai avaliar o seu caso com você."
    GENERAL = {
        "dicom": "Com dívidas no DICOM os bancos em geral pedem para regularizar antes de avaliar um crédito; cada caso se vê em separado.",
        "subsidy": "Os subsídios do Estado mais usados para comprar são o DS1 e o DS19; o Minvu publica os requisitos.",
        "privacy": "Os seus dados são usados para atender a sua busca, e você pode pedir que sejam corrigidos ou apagados.",
    }
    SLOTS = ("Tenho estes horários para a visita:", "Posso oferecer estes horários:", "Para a visita há estes horários:")  # fmt: skip
    SLOTS_OTHERWISE = "Para esse momento não tenho horários, mas tenho estes:"
    SLOT_TAKEN = "Esse horário acabou de ser ocupado. Restam estes:"
    CHOOSE = "Qual fica melhor para você?"
    CHOOSE_ONE = "Esse horário fica bom para você?"
    CHOOSE_AGAIN = "Ótimo!"
    WHICH_DAY = "Entendo. Qual dia e horário fica melhor para você?"
    NO_SLOTS = (
        "Por agora não vejo horários livres. Você quer que uma pessoa da equipe entre em contato?"
    )
    BOOKING_FAILED = (
        "Tive um problema com esse horário. Você quer que uma pessoa da equipe marque com você?"
    )
    NO_BOOKING = "As visitas são marcadas por uma pessoa da equipe. Você quer que uma pessoa da equipe entre em contato?"
    BOOKED = "Pronto{name}! A sua visita está marcada para {label}{place}{agent}."
    PLACE, WITH_AGENT, SOME_DAY = ", em {place}", ", com {agent}", "o dia combinado"
    ASK_NAME_BOOKED = "Em nome de quem eu deixo?"
    ASK_PHONE_BOOKED = "Você me deixa um telefone, caso seja preciso avisar algo?"
    BOOKED_CLOSE = "Se precisar mudar, me escreva por aqui."
    CANCELLED = (
        "Pronto, a sua visita está cancelada. Se você quiser outra data, me diga e marcamos."
    )
    CANCEL_FAILED = (
        "Não consegui cancelar por aqui. Você quer que uma pessoa da equipe entre em contato?"
    )
    NOTHING_TO_CANCEL = "Não vejo uma visita marcada em seu nome."
    APPOINTMENT = "A sua visita é {label}{place}{agent}."
    NO_APPOINTMENT = "Você ainda não tem uma visita marcada."
    CONFIRMED = "Perfeito, esperamos você! A sua visita é {label}{place}{agent}."
    LATE = "Obrigada por avisar, não se preocupe. A sua visita é {label}{place}{agent}."
    LATE_TOLD = (
        "Obrigada por avisar, já contei a quem espera você. A sua visita é {label}{place}{agent}."
    )
    HANDED_OVER = {
        "requested": "Claro, passo a conversa para uma pessoa da equipe.",
        "anger": "Sinto muito pelo transtorno. Passo o seu caso para uma pessoa da equipe.",
        "complaint": "Sinto muito pelo que aconteceu. Passo a sua reclamação agora mesmo para uma pessoa da equipe.",
        "legal_threat": "Entendo e levo a sério. Passo o seu caso para uma pessoa da equipe.",
        "no_progress": "Acho que não estou ajudando bem. Passo a conversa para uma pessoa da equipe.",
        "other": "Isso é com uma pessoa da equipe; passo a sua mensagem.",
    }
    ANSWER_FROM = "Ela vai responder {when}."
    ANSWER_SOON = "Ela vai responder por aqui assim que puder."
    NO_HANDOFF = "Entendo. Daqui não posso passar a conversa, mas a equipe tem a sua mensagem."
    WELCOME = ("De nada!", "Com prazer!")
    FAREWELL = ("Tudo de bom!", "Um prazer, tenha um bom dia!")
    NOT_INTERESTED = (
        "Entendido, obrigada por avisar. Se precisar de algo mais para a frente, me escreva."
    )
    POSTPONED = "Perfeito, fique à vontade. Quando quiser, seguimos por aqui."
    VISIT_LATER = "Sem problema. Quando quiser ver um imóvel, me avise."
    ANYTHING_ELSE = ("Posso ajudar com mais alguma coisa?", "Qualquer dúvida, me escreva por aqui.")
    CONFUSED_MARK = "não entendi bem"
    WILL_CHECK = (
        "Não tenho isso confirmado: vou verificar com a equipe e te respondo por aqui.",
        "Prefiro não inventar: vou confirmar com a equipe e te aviso por aqui.",
    )
    WILL_CHECK_THE_REST = "O resto não tenho confirmado: vou verificar e te respondo por aqui."
    CONFUSED = "Desculpe, não entendi bem. Você procura um imóvel, quer marcar uma visita ou precisa de outra coisa?"
    UNSURE = {
        "wants_cancel": "Só para ter certeza: você quer cancelar a visita ou mudar o horário?",
        "wants_reschedule": "Só para ter certeza: você quer mudar a visita para outro horário?",
        "person": "Você quer que uma pessoa da equipe ajude?",
        "wants_visit": "Você gostaria de marcar uma visita?",
    }
    ONLY_HOMES = "Com isso não posso ajudar: aqui tratamos de imóveis, financiamento e visitas."
    OF_OTHERS = "Por privacidade não posso passar dados nem visitas de outras pessoas; com o que é seu, ajudo com prazer."
    MEDIA = "Obrigada, mas por aqui não consigo ver fotos nem arquivos, nem ouvir áudios. Você me conta por escrito?"
    REMARKED = {
        "joke": ("Haha, entendi.", "Haha, certo."),
        "story": ("Obrigada por me contar.", "Entendo, obrigada por me contar."),
    }
    NOT_SHOWN = "Isso não posso mostrar nem mudar, mas ajudo com prazer na sua busca."
    NOT_FOR_SALES = (
        "Obrigada por escrever. Aqui atendemos quem procura um imóvel; a equipe tem a sua mensagem."
    )
    SAFE = "Obrigada pela sua mensagem. Conte o que você precisa e vemos passo a passo."
