"""What every delivery asks of the database, written out: to make it anew takes longer than to run it.

The words of the states are those of ``leads.enums``; ``tests/leads/test_delivery.py`` holds them.
"""

CLAIM = """
    UPDATE chat_messages AS message
       SET lease_until = %(lease)s, attempts = attempts + 1, updated_at = %(at)s
     WHERE id = %(message)s
       AND status = 'pending' AND due_at <= %(at)s
       AND (lease_until IS NULL OR lease_until < %(at)s)
       AND NOT EXISTS (
           SELECT FROM chat_messages AS earlier
            WHERE earlier.lead_id = message.lead_id
              AND earlier.direction = 'out'
              AND earlier.id < message.id
              AND (earlier.status = 'sending'
                   OR earlier.status = 'pending' AND earlier.due_at <= %(at)s
                   OR earlier.status = 'pending' AND earlier.attempts > 0
                      AND earlier.provider = message.provider))
"""

GIVE_BACK = """
    UPDATE chat_messages
       SET lease_until = NULL, attempts = GREATEST(attempts - 1, 0)
     WHERE id = %(message)s AND status = 'pending' AND lease_until = %(lease)s
"""

TAKE_BACK = """
    UPDATE chat_messages
       SET status = 'pending'
     WHERE id = %(message)s AND status = 'sending' AND lease_until = %(lease)s
"""

HAND_OVER = """
    UPDATE chat_messages AS message
       SET status = 'sending'
     WHERE id = %(message)s
       AND status IN ('pending', 'sending')
       AND lease_until IS NOT DISTINCT FROM %(lease)s
       AND (%(version)s::integer IS NULL
            OR EXISTS (SELECT FROM conversations AS conversation
                        WHERE conversation.lead_id = message.lead_id
                          AND conversation.version = %(version)s))
"""

SENT = """
    UPDATE chat_messages
       SET status = 'sent', reason = '', lease_until = NULL,
           channel_message_id = %(external_id)s, updated_at = %(at)s
     WHERE id = %(message)s
       AND status IN ('pending', 'sending')
       AND lease_until IS NOT DISTINCT FROM %(lease)s
"""

CONTACTED = "UPDATE leads SET last_contacted = %(at)s WHERE id = %(lead)s"

ANSWERED = """
    UPDATE conversations
       SET last_outbound_at = %(at)s,
           first_answer_at = CASE
               WHEN %(answers)s AND first_inbound_at <= %(at)s
               THEN COALESCE(first_answer_at, %(at)s) ELSE first_answer_at END,
           first_human_answer_at = CASE
               WHEN %(by_person)s AND first_inbound_at <= %(at)s
               THEN COALESCE(first_human_answer_at, %(at)s) ELSE first_human_answer_at END
     WHERE lead_id = %(lead)s
"""

NEXT = """
    SELECT id, lead_id, purpose, due_at
      FROM chat_messages
     WHERE lead_id = %(lead)s AND id > %(message)s
       AND status = 'pending' AND due_at <= %(at)s
       AND (lease_until IS NULL OR lease_until < %(at)s)
     ORDER BY id
     LIMIT 1
"""
