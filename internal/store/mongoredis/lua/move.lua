-- Takes claims out of the lanes and puts places in, in one step, and says that something
-- has changed: who listens looks at once, the others when their time has come.
--
-- KEYS  changes, then for VIP and for NORMAL: ready, late, held, more
-- ARGV  any number of: "ack" lane entry | "ready" lane place most | "back" lane place |
--       "late" lane place due | "drop" lane place | "more" lane flag
local i = 1
while i <= #ARGV do
	local verb, at, what = ARGV[i], 2 + 4 * tonumber(ARGV[i + 1]), ARGV[i + 2]
	local ready, late, held, more = KEYS[at], KEYS[at + 1], KEYS[at + 2], KEYS[at + 3]
	i = i + 3
	if verb == 'ack' then
		if redis.call('EXISTS', held) == 1 then
			redis.pcall('XACK', held, 'workers', what)
			redis.call('XDEL', held, what)
		end
	elseif verb == 'ready' then
		if redis.call('ZCARD', ready) < tonumber(ARGV[i]) then
			redis.call('ZADD', ready, 0, what)
		else
			redis.call('SET', more, '1')
		end
		i = i + 1
	elseif verb == 'back' then
		redis.call('ZADD', ready, 0, what)
	elseif verb == 'late' then
		redis.call('ZADD', late, ARGV[i], what)
		i = i + 1
	elseif verb == 'drop' then
		redis.call('ZREM', ready, what)
		redis.call('ZREM', late, what)
	elseif what == '' then
		redis.call('DEL', more)
	else
		redis.call('SET', more, what)
	end
end
redis.call('PUBLISH', KEYS[1], '')
return redis.call('INCR', KEYS[1])
