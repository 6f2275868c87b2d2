-- Returns the server's run ID, the ticket, which is made if there is none, and the gate's
-- mode, "" if it is shut.
--
-- KEYS  gate, ticket
-- ARGV  a ticket that was never used
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('SET', KEYS[2], ARGV[1], 'NX')
local ticket = redis.call('GET', KEYS[2])
local of, by, mode = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)$')
if of ~= server or by ~= ticket then mode = '' end
return {server, ticket, mode}
