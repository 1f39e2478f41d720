-- One call_end event a request, each with a call of its own.  $BENCH_BATCH events a request, of $BENCH_ACCOUNTS
-- accounts in turn.
local batch = tonumber(os.getenv("BENCH_BATCH") or "1")
local accounts = tonumber(os.getenv("BENCH_ACCOUNTS") or "1")
local key = os.getenv("BENCH_KEY")
local seed = os.time() % 100000 * 1000 + math.floor(os.clock() * 1e6) % 1000
local file = assert(io.open(os.getenv("BENCH_DATA")))
local data = file:read("*a")
file:close()
local n = 0
local head = ',"service":"calltracking","event":"call_end","call_id":"b'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
if key and key ~= "" then wrk.headers["Authorization"] = "Bearer " .. key end

local function event()
  n = n + 1
  return '{"account_id":' .. 10234 + n % accounts .. head .. seed .. "-" .. n .. '","data":' .. data .. "}"
end

function request()
  if batch == 1 then return wrk.format(nil, nil, nil, event()) end
  local list = {}
  for i = 1, batch do list[i] = event() end
  return wrk.format(nil, nil, nil, "[" .. table.concat(list, ",") .. "]")
end
