"""The words of the offline model in English."""

from llm.offline.phrases import Spanish


class English(Spanish):
    ASK = {
        "name": ("What's your name?", "May I have your name?", "Who am I speaking with? What's your name?"),
        "phone": ("Could you leave me a phone number?", "What phone number can we reach you at?"),
        "email": ("What e-mail can I send you the information to?", "What's your e-mail?"),
        "location": ("Which area or neighbourhood would you like to live in?", "Which area are you looking in?"),
        "budget": ("What budget do you have in mind, in UF or in pesos?", "What's your budget, more or less?"),
        "income": (
            "To see what financing fits you: what is your net monthly income, more or less?",
            "So that I can see what suits you: what's your net monthly income, roughly?",
        ),
        "dicom": (
            "Banks always check it, that's why I ask: do you have any debts in DICOM, the credit register?",
            "As banks look at it first: are you in DICOM, the credit register?",
        ),
        "debt_amount": ("How much is the debt, more or less?", "What is the amount of the debt, roughly?"),
        "timeline": ("When do you plan to buy or move?", "What is your timeline for the purchase?"),
        "property_type": ("Are you looking for a house or an apartment?", "Would it be a house or an apartment?"),
        "bedrooms": ("How many bedrooms do you need?", "How many bedrooms should it have?"),
    }  # fmt: skip
    ASK_AGAIN = {
        "name": "So that I know who I'm talking to: what is your name?",
        "phone": "When you can, which phone number may we call?",
        "email": "When you can, would you share your e-mail?",
        "location": "To search well, which area do you prefer?",
        "budget": "A rough range is enough: what is your budget?",
        "income": "A range is fine, it's just to guide you: what is your net monthly income?",
        "dicom": "A yes, a no or a don't know is enough: are you in DICOM?",
        "debt_amount": "A rough figure is fine: what is the amount of the debt?",
        "timeline": "Would it be soon or later? When do you plan to buy?",
        "property_type": "Do you prefer a house or an apartment?",
        "bedrooms": "How many bedrooms would suit you?",
    }
    WHY = {
        "income": "I ask because the bank sets the loan by your net income; it's just to guide you.",
        "dicom": "I ask because banks check DICOM before they lend; it's just to guide you.",
        "debt_amount": "I ask because the amount changes the options that I can show you.",
        "phone": "It's to let you know about the visit, or when something suits you.",
        "email": "It's to send you the information in writing.",
        "name": "It's so that I know how to address you.",
        "budget": "That way I show you only properties that suit you.",
    }
    WHY_OTHERWISE = "I only ask so that I can show you options that suit you."
    PHONE_WHOLE = "Could you write your whole phone number, with its country code?"
    GROSS = "And how much is that net per month, what reaches your account?"
    HELLO = "Hi!"
    INTRO = "Hi! I'm {agent}, the virtual assistant of {broker}."
    INTRO_NAMELESS = "Hi! I'm a virtual assistant."
    PURPOSE = "I can help you to find a property and to arrange visits."
    IS_BOT = "I'm {agent}, the virtual assistant{of_broker}: a program, not a person. If you prefer someone from the team, just tell me."
    A_PROGRAM, OF_BROKER = "a program", " of {broker}"
    GREETED = ("Hi again!", "Hello!")
    FINE = "Very well, thanks for asking!"
    PLEASED = ("Nice to meet you, {name}.", "Hi, {name}!", "A pleasure, {name}.")
    NOTED = ("Great, {facts}.", "Got it: {facts}.", "Perfect, {facts}.")
    THANKED = ("Great, thanks.", "Good to know.", "Perfect.")
    CLEAN = ("No debts, that helps a lot.", "It's good that you have no debts.")
    NO_MATTER = ("No problem, we can leave that for later.", "That's fine, we'll see it later.")
    PHONE_REFUSED = "That number doesn't look like a valid phone."
    EMAIL_REFUSED = "That e-mail doesn't look valid."
    KINDS = {
        "departamento": "apartment",
        "casa": "house",
        "oficina": "office",
        "terreno": "plot of land",
        "parcela": "plot of land",
        "local": "shop",
        "bodega": "storage room",
        "estacionamiento": "parking space",
    }
    ROOM, ROOMS, SIZED = "{count} bedroom", "{count} bedrooms", "{kind} with {rooms}"
    IN_PLACE, OR, UP_TO = "in {places}", " or ", "up to {limit}"
    DEBT = "Thanks for telling me. With an open debt I can't tell you in advance what the bank will say; they usually ask for it to be settled first, and that is seen case by case."
    SUBSIDY = "There are also state subsidies, such as DS1 or DS19, which are worth a look."
    REVIEW_MARK = "will review your case"
    REVIEW = "With these figures financing looks difficult for now, but someone from the team will review your case with you."
    GENERAL = {
        "dicom": "With debts in DICOM, banks usually ask you to settle them before they look at a loan; each case is seen on its own.",
        "subsidy": "The state subsidies most used to buy are DS1 and DS19; the Minvu publishes the requirements.",
        "privacy": "Your data is used to help with your search, and you can ask us to correct or delete it.",
    }
    SLOTS = ("I have these times for the visit:", "I can offer you these times:", "These are the times for the visit:")  # fmt: skip
    SLOTS_OTHERWISE = "I have nothing at that time, but I do have these:"
    SLOT_TAKEN = "That time has just been taken. I have these left:"
    CHOOSE = "Which one suits you best?"
    CHOOSE_ONE = "Does that time suit you?"
    CHOOSE_AGAIN = "Great!"
    WHICH_DAY = "I see. Which day and time would suit you best?"
    NO_SLOTS = "I see no free times for now. Would you like someone from the team to contact you?"
    BOOKING_FAILED = "I had a problem with that time. Would you like someone from the team to arrange it with you?"
    NO_BOOKING = "Someone from the team arranges the visits. Would you like someone from the team to contact you?"
    BOOKED = "Done{name}! Your visit is booked for {label}{place}{agent}."
    PLACE, WITH_AGENT, SOME_DAY = ", at {place}", ", with {agent}", "the agreed day"
    ASK_NAME_BOOKED = "What name should I put it under?"
    ASK_PHONE_BOOKED = "Could you leave me a phone number in case we need to tell you something?"
    BOOKED_CLOSE = "If you need to change it, just write to me here."
    CANCELLED = (
        "Done, your visit is cancelled. If you'd like another date, tell me and we will arrange it."
    )
    CANCEL_FAILED = (
        "I couldn't cancel it from here. Would you like someone from the team to contact you?"
    )
    NOTHING_TO_CANCEL = "I see no visit booked in your name."
    APPOINTMENT = "Your visit is on {label}{place}{agent}."
    NO_APPOINTMENT = "You have no visit booked yet."
    CONFIRMED = "Great, see you there! Your visit is on {label}{place}{agent}."
    LATE = "Thanks for letting us know, don't worry. Your visit is on {label}{place}{agent}."
    LATE_TOLD = (
        "Thanks for letting us know, I've told the agent. Your visit is on {label}{place}{agent}."
    )
    HANDED_OVER = {
        "requested": "Of course, I'm passing the conversation to someone from the team.",
        "anger": "I'm very sorry for the trouble. I'm passing your case to someone from the team.",
        "complaint": "I'm very sorry about what happened. I'm passing your complaint to someone from the team right now.",
        "legal_threat": "I understand and take it seriously. I'm passing your case to someone from the team.",
        "no_progress": "I think I'm not helping you well. I'm passing the conversation to someone from the team.",
        "other": "Someone from the team sees to that; I'm passing on your message.",
    }
    ANSWER_FROM = "They will answer you {when}."
    ANSWER_SOON = "They will answer you here as soon as they can."
    NO_HANDOFF = "I understand. I can't pass you on from here, but the team has your message."
    WELCOME = ("You're welcome!", "My pleasure!")
    FAREWELL = ("Take care!", "A pleasure, have a good day!")
    NOT_INTERESTED = "Understood, thanks for telling me. If you need anything later, just write."
    POSTPONED = "Of course, take your time. We can go on here whenever you like."
    VISIT_LATER = "No problem. When you'd like to see a property, just tell me."
    ANYTHING_ELSE = ("Can I help you with anything else?", "Any questions, just write to me here.")
    CONFUSED_MARK = "I didn't quite understand"
    WILL_CHECK = (
        "I don't have that confirmed: I'll check with the team and get back to you here.",
        "I'd rather not guess that one: let me check with the team and I'll tell you here.",
    )
    WILL_CHECK_THE_REST = "The rest I don't have confirmed: I'll check and get back to you here."
    CONFUSED = "Sorry, I didn't quite understand. Are you looking for a property, would you like to arrange a visit, or is it something else?"
    UNSURE = {
        "wants_cancel": "Just to be sure: would you like to cancel the visit or move it to another time?",
        "wants_reschedule": "Just to be sure: would you like to move the visit to another time?",
        "person": "Would you like someone from the team to help you?",
        "wants_visit": "Would you like to arrange a visit?",
    }
    ONLY_HOMES = "I can't help you with that: here we see to properties, financing and visits."
    OF_OTHERS = "For privacy I can't share other people's details or visits, but I'm happy to help with yours."
    MEDIA = "Thanks, but I can't see pictures or files or listen to audio here. Could you write it to me?"
    REMARKED = {
        "joke": ("Haha, I see.", "Haha, right."),
        "story": ("Thanks for telling me.", "I see, thanks for telling me."),
    }
    NOT_SHOWN = "That is something I can't show or change, but I'm happy to help with your search."
    NOT_FOR_SALES = "Thanks for writing. Here we help people who look for a property; the team has your message."
    SAFE = "Thanks for your message. Tell me what you need and we'll go step by step."
