-- Returns the server's run ID and the ticket, which is made if there is none.
--
-- KEYS  ticket
-- ARGV  a ticket that was never used
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return {server, redis.call('GET', KEYS[1])}
