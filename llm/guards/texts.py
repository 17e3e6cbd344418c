"""What is sent where a reply may not be, and what is put before one, in the languages we answer in."""

from leads.languages import Language

Words = dict[Language, str]

INTRODUCTION: Words = {
    "es": "Hola, soy {agent}, asistente virtual de {broker}.",
    "en": "Hi, I'm {agent}, the virtual assistant of {broker}.",
    "pt": "Olá, sou {agent}, assistente virtual de {broker}.",
}
IS_ASSISTANT: Words = {
    "es": "Soy {agent}, asistente virtual de {broker}: un programa, no una persona.",
    "en": "I'm {agent}, the virtual assistant of {broker}: a program, not a person.",
    "pt": "Sou {agent}, assistente virtual de {broker}: um programa, não uma pessoa.",
}
WILL_CHECK: Words = {
    "es": "Prefiero no darte un dato sin confirmarlo: lo reviso con el equipo y te respondemos por aquí.",
    "en": "I'd rather not give you anything unconfirmed: I'll check with the team and we will answer you here.",
    "pt": "Prefiro não dar um dado sem confirmar: vou verificar com a equipe e respondemos por aqui.",
}
HOURS: Words = {
    "es": "Estas son las horas que puedo ofrecerte:",
    "en": "These are the times that I can offer you:",
    "pt": "Estes são os horários que posso oferecer:",
}
WHICH: Words = {
    "es": "¿Cuál te acomoda más?",
    "en": "Which one suits you best?",
    "pt": "Qual fica melhor para você?",
}
VISIT: Words = {
    "es": "Tu visita es el {label}.",
    "en": "Your visit is on {label}.",
    "pt": "Sua visita é {label}.",
}
NO_VISIT: Words = {
    "es": "Todavía no queda agendada ninguna visita: lo reviso con el equipo y te respondemos por aquí.",
    "en": "No visit is booked yet: I'll check with the team and we will answer you here.",
    "pt": "Ainda não há visita marcada: vou verificar com a equipe e respondemos por aqui.",
}
CREDIT: Words = {
    "es": "Sobre el financiamiento no puedo adelantarte una respuesta: un ejecutivo revisará tu caso.",
    "en": "About the mortgage I can't tell you anything in advance: an agent will review your case.",
    "pt": "Sobre o financiamento não posso adiantar uma resposta: um corretor vai avaliar seu caso.",
}
ONLY_HOMES: Words = {
    "es": "Solo puedo ayudarte con propiedades, su financiamiento y visitas. ¿Qué estás buscando?",
    "en": "I can only help you with properties, their financing and visits. What are you looking for?",
    "pt": "Só posso ajudar com imóveis, financiamento e visitas. O que você procura?",
}
LANGUAGE: Words = {
    "es": "Escribo mejor en otro idioma: si prefieres, alguien del equipo te ayuda en español.",
    "en": "I write in Spanish; if you prefer English, tell me and a person from the team will help you.",
    "pt": "Escrevo em espanhol; se você prefere português, me diga e uma pessoa da equipe vai ajudar.",
}
SORRY: Words = {
    "es": "Lamento mucho lo que pasó.",
    "en": "I'm very sorry about what happened.",
    "pt": "Sinto muito pelo que aconteceu.",
}
TO_A_PERSON: Words = {
    "es": "Para ayudarte mejor, le paso tu conversación a una persona del equipo: te responderá {when}.",
    "en": "To help you better, I'm passing your conversation to a person from the team, who will answer {when}.",
    "pt": "Para ajudar melhor, vou passar a conversa para uma pessoa da equipe, que vai responder {when}.",
}
