-- Hands blocks out: those whose lease is over first, then what is due, then what waits,
-- VIP before NORMAL, and NORMAL only through the gate.
--
-- KEYS  gate, ticket, then for VIP and for NORMAL: ready, late, held, more, cursor
-- ARGV  node, now in microseconds, lease in milliseconds, orders wanted, when a lane runs low
-- Returns the gate's mode, "" if it is shut; the ticket; whether NORMAL blocks wait behind
-- it; the next due time of VIP and of NORMAL; whether each lane runs low; then lane, entry,
-- place and whether it was taken over of each block.
local gate = redis.call('GET', KEYS[1]) or ''
local ticket = redis.call('GET', KEYS[2]) or ''
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local of, by, mode = string.match(gate, '^(%S+) (%S+) (%S+)$')
if of ~= server or by ~= ticket then return {''} end

local node, now, lease, want = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local out, held = {}, 0
local group = 'workers'

local function give(lane, entry, place, taken)
	out[#out + 1] = tostring(lane)
	out[#out + 1] = entry
	out[#out + 1] = place
	out[#out + 1] = taken
	held = held + tonumber(string.match(place, '/(%d+)$'))
end

local function hungry() return #out == 0 or held < want end

local function reclaim(lane, stream, cursor)
	local from = redis.call('GET', cursor) or '0-0'
	while hungry() do
		local r = redis.call('XAUTOCLAIM', stream, group, node, lease, from, 'COUNT', 1)
		from = r[1]
		for _, e in ipairs(r[2]) do give(lane, e[1], e[2][2], '1') end
		if from == '0-0' or #r[2] == 0 then break end
	end
	redis.call('SET', cursor, from)
end

local function hand(lane, stream, set, place)
	redis.call('ZREM', set, place)
	local entry = redis.call('XADD', stream, '*', 'place', place)
	redis.call('XREADGROUP', 'GROUP', group, node, 'COUNT', 1, 'STREAMS', stream, '>')
	give(lane, entry, place, '0')
end

local function take(lane, at)
	local ready, late, stream, cursor = KEYS[at], KEYS[at + 1], KEYS[at + 2], KEYS[at + 4]
	if redis.call('EXISTS', stream) == 0 then
		redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
	end
	reclaim(lane, stream, cursor)
	while hungry() do
		local due = redis.call('ZRANGEBYSCORE', late, '-inf', now, 'LIMIT', 0, 1)
		if #due == 0 then break end
		hand(lane, stream, late, due[1])
	end
	while hungry() do
		local first = redis.call('ZRANGE', ready, 0, 0)
		if #first == 0 then break end
		hand(lane, stream, ready, first[1])
	end
end

local function next_due(late)
	local r = redis.call('ZRANGEBYSCORE', late, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
	return r[2] or ''
end

if mode ~= 'paused' then take(0, 3) end
if mode == 'all' and hungry() then take(1, 8) end
local behind = '0'
if redis.call('ZCARD', KEYS[8]) + redis.call('ZCARD', KEYS[9]) + redis.call('XLEN', KEYS[10]) > 0 then behind = '1' end
local function low(at)
	if redis.call('EXISTS', KEYS[at + 3]) == 1 and redis.call('ZCARD', KEYS[at]) < tonumber(ARGV[5]) then return '1' end
	return '0'
end
local answer = {mode, ticket, behind, next_due(KEYS[4]), next_due(KEYS[9]), low(3), low(8)}
for i = 1, #out do answer[#answer + 1] = out[i] end
return answer
