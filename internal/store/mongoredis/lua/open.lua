-- Sets the gate to what was read from the store, unless it was shut since: then nothing
-- of what was read may be relied on. Under one ticket it only widens: who read the store
-- earlier may come later.
--
-- KEYS  gate, ticket
-- ARGV  the server's run ID and the ticket before the store was read, mode
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if server ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
local of, by, mode = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)$')
if of == server and by == ARGV[2] and mode == 'all' then return 1 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return 1
