-- Makes every gate void that was derived before, but lets VIP blocks pass on where they
-- did: that a VIP order is accepted does not stop them.
--
-- KEYS  gate, ticket, changes
-- ARGV  a ticket that was never used
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local of, by, mode = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)$')
local valid = of == server and by == redis.call('GET', KEYS[2])
redis.call('SET', KEYS[2], ARGV[1])
if valid and (mode == 'all' or mode == 'vip') then
	redis.call('SET', KEYS[1], server .. ' ' .. ARGV[1] .. ' vip')
end
redis.call('PUBLISH', KEYS[3], '')
return redis.call('INCR', KEYS[3])
