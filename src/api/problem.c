/*
 * Problem details (RFC 9457) and the only mapping from enum err to HTTP
 * statuses.  A table of kinds and pure functions over it; called by the
 * worker, the router and all handlers.
 */
#include "config.h"

#include "api/problem.h"
#include "api/response.h"
#include "core/buf.h"
#include "core/jsonx.h"
#include "hook/fault.h"

static const struct {
	const char *name;
	int status;
	const char *title[2];		/* by enum http_lang */
	const char *about[2];
} kinds[PROBLEMS] = {
	[PROBLEM_NONE] = { "", 0, { "", "" }, { "", "" } },
	[PROBLEM_BAD_REQUEST] = { "bad_request", 400,
	    { "Bad request", "Неверный запрос" },
	    { "The request cannot be read: look for % without two digits, an "
	      "encoded slash or NUL, .. in the path, and for what is not "
	      "ASCII in the query.",
	      "Не удалось разобрать запрос: проверьте, нет ли в адресе знака % без "
	      "двух цифр, закодированной косой черты или NUL, частей «..» и "
	      "символов не из ASCII в запросе." } },
	[PROBLEM_MALFORMED_JSON] = { "malformed_json", 400,
	    { "Malformed JSON", "Ошибка в JSON" },
	    { "The body is not valid JSON (RFC 8259, UTF-8).",
	      "Тело запроса не является правильным JSON (RFC 8259, UTF-8)." } },
	[PROBLEM_UNAUTHORIZED] = { "unauthorized", 401,
	    { "Not authenticated", "Нужна авторизация" },
	    { "The request has no valid key.",
	      "В запросе нет действующего ключа." } },
	[PROBLEM_FORBIDDEN] = { "forbidden", 403,
	    { "Not allowed", "Недостаточно прав" },
	    { "The key may not do this.",
	      "Этому ключу действие не разрешено." } },
	[PROBLEM_READ_ONLY] = { "read_only", 403,
	    { "View only", "Только просмотр" },
	    { "You may look at everything here, but change nothing.",
	      "У вас доступ только для просмотра: изменять ничего нельзя." } },
	[PROBLEM_CROSS_SITE] = { "cross_site", 403,
	    { "Request of another site", "Запрос с чужого сайта" },
	    { "A browser sent this request for a page of another site.",
	      "Браузер отправил этот запрос со страницы чужого сайта." } },
	[PROBLEM_WRONG_ACCOUNT] = { "wrong_account", 403,
	    { "Wrong account", "Чужой аккаунт" },
	    { "The key belongs to another account.",
	      "Ключ принадлежит другому аккаунту." } },
	[PROBLEM_NOT_FOUND] = { "not_found", 404,
	    { "Not found", "Не найдено" },
	    { "There is nothing at this address.",
	      "По этому адресу ничего нет." } },
	[PROBLEM_METHOD_NOT_ALLOWED] = { "method_not_allowed", 405,
	    { "Method not allowed", "Метод не поддерживается" },
	    { "Allow names the methods of this address.",
	      "Методы этого адреса перечислены в заголовке Allow." } },
	[PROBLEM_TIMEOUT] = { "timeout", 408,
	    { "Request timed out", "Запрос не пришёл вовремя" },
	    { "The request did not arrive in time.",
	      "Запрос не был получен целиком за отведённое время." } },
	[PROBLEM_CONFLICT] = { "conflict", 409,
	    { "Conflict", "Конфликт изменений" },
	    { "Somebody else changed this at the same moment; read it again.",
	      "Кто-то изменил это в тот же момент; получите данные заново." } },
	[PROBLEM_IN_PROGRESS] = { "in_progress", 409,
	    { "Still in work", "Запрос ещё выполняется" },
	    { "A request with this Idempotency-Key is still in work.",
	      "Запрос с таким Idempotency-Key ещё выполняется." } },
	[PROBLEM_LENGTH_REQUIRED] = { "length_required", 411,
	    { "Length required", "Нужна длина тела" },
	    { "A request with a body needs Content-Length.",
	      "Запросу с телом нужен заголовок Content-Length." } },
	[PROBLEM_PRECONDITION_FAILED] = { "precondition_failed", 412,
	    { "Changed meanwhile", "Данные уже изменились" },
	    { "The version in If-Match is not the present one.",
	      "Версия в If-Match отличается от текущей." } },
	[PROBLEM_TOO_LARGE] = { "too_large", 413,
	    { "Body too large", "Слишком большое тело" },
	    { "The body is longer than this address takes.",
	      "Тело запроса больше, чем принимает этот адрес." } },
	[PROBLEM_URI_TOO_LONG] = { "uri_too_long", 414,
	    { "Address too long", "Слишком длинный адрес" },
	    { "Path and query are too long or have too many parts.",
	      "Путь и параметры слишком длинные, или их слишком много." } },
	[PROBLEM_MEDIA_TYPE] = { "unsupported_media_type", 415,
	    { "Unsupported media type", "Неподдерживаемый тип содержимого" },
	    { "The body has to be application/json, not compressed.",
	      "Тело запроса должно иметь тип application/json и не быть "
	      "сжатым." } },
	[PROBLEM_VALIDATION] = { "validation", 422,
	    { "Not valid", "Ошибка в данных" },
	    { "Some fields are not valid; errors tells which.",
	      "Некоторые поля заполнены неверно; какие, сказано в errors." } },
	[PROBLEM_TOO_MANY] = { "too_many", 422,
	    { "Too many", "Слишком много" },
	    { "One request holds too many events.",
	      "В одном запросе слишком много событий." } },
	[PROBLEM_LIMIT] = { "limit", 422,
	    { "Limit reached", "Достигнут предел" },
	    { "The account has as many webhooks as it may have.",
	      "У аккаунта уже максимальное количество вебхуков." } },
	[PROBLEM_KEY_REUSED] = { "idempotency_key_reused", 422,
	    { "Idempotency-Key used again",
	      "Idempotency-Key уже использован" },
	    { "This Idempotency-Key belongs to another request.",
	      "Этот Idempotency-Key относится к другому запросу." } },
	[PROBLEM_PRECONDITION_REQUIRED] = { "precondition_required", 428,
	    { "If-Match is missing", "Нужен заголовок If-Match" },
	    { "A change needs If-Match with the ETag that was read, or *.",
	      "Для изменения нужен заголовок If-Match с полученным ETag или *." } },
	[PROBLEM_TOO_MANY_REQUESTS] = { "too_many_requests", 429,
	    { "Too many requests", "Слишком частые запросы" },
	    { "The account has reached its limit; Retry-After says when to go on.",
	      "Предел аккаунта достигнут; когда продолжить, сказано в "
	      "Retry-After." } },
	[PROBLEM_HEADERS_TOO_LARGE] = { "headers_too_large", 431,
	    { "Headers too large", "Слишком большие заголовки" },
	    { "The headers of the request are too large.",
	      "Заголовки запроса слишком большие." } },
	[PROBLEM_INTERNAL] = { "internal", 500,
	    { "Internal error", "Внутренняя ошибка" },
	    { "Something went wrong here; the request id helps to find it.",
	      "Что-то сломалось у нас; причину помогут найти по номеру запроса." } },
	[PROBLEM_UNAVAILABLE] = { "unavailable", 503,
	    { "Unavailable", "Сервис временно недоступен" },
	    { "The service cannot work at the moment; try again.",
	      "Сервис сейчас не работает; повторите запрос позже." } },
	[PROBLEM_BUSY] = { "busy", 503,
	    { "Busy", "Сервис перегружен" },
	    { "The service is overloaded at the moment; try again.",
	      "Сервис сейчас перегружен; повторите запрос позже." } },
};

const char *
problem_name(enum problem p)
{
	return kinds[p].name;
}

int
problem_status(enum problem p)
{
	return kinds[p].status;
}

enum problem
problem_find(struct span name)
{
	int p;

	for (p = PROBLEM_NONE + 1; p < PROBLEMS; p++)
		if (span_is(name, kinds[p].name))
			return (enum problem)p;
	return PROBLEM_NONE;
}

enum problem
problem_of(int err)
{
	switch ((enum err)err) {
	case ERR_OK: return PROBLEM_NONE;
	case ERR_TOO_BIG: return PROBLEM_TOO_LARGE;
	case ERR_SYNTAX: return PROBLEM_BAD_REQUEST;
	case ERR_RANGE:
	case ERR_INVALID: return PROBLEM_VALIDATION;
	case ERR_NOT_FOUND: return PROBLEM_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_CONFLICT: return PROBLEM_CONFLICT;
	case ERR_DENIED: return PROBLEM_FORBIDDEN;
	case ERR_DB_DOWN:
	case ERR_SCHEMA: return PROBLEM_UNAVAILABLE;
	case ERR_DB_BUSY: return PROBLEM_BUSY;
	case ERR_TIMEOUT: return PROBLEM_TIMEOUT;
	case ERR_CLOSED: return PROBLEM_BAD_REQUEST;
	case ERR_NOMEM:
	case ERR_DB:
	case ERR_IO: break;
	}
	return PROBLEM_INTERNAL;
}

const char *
problem_title(enum problem p, enum http_lang lang)
{
	return kinds[p].title[lang];
}

const char *
problem_about(enum problem p, enum http_lang lang)
{
	return kinds[p].about[lang];
}

static json_t *
sentence(const struct fault *f, enum http_lang lang)
{
	struct buf b = BUF_INIT(64 * 1024);
	json_t *s;

	fault_sentence(f, lang == HTTP_RU ? fault_text_ru(f->code) :
	    fault_text_en(f->code), &b);
	s = buf_err(&b) == ERR_OK ? json_string(buf_cstr(&b)) : NULL;
	buf_free(&b);
	return s;
}

static json_t *
faults_json(const struct faults *faults, enum http_lang lang)
{
	json_t *list = json_array(), *one;
	size_t i;

	for (i = 0; i < faults->n; i++) {
		one = json_pack("{s:s, s:s, s:o}",
		    "pointer", faults->v[i].pointer,
		    "code", fault_code(faults->v[i].code),
		    "detail", sentence(&faults->v[i], lang));
		if (json_array_append_new(list, one) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
problem_json(enum problem p, const struct http_request *req, const char *base,
    const struct problem_more *more)
{
	const char *detail = kinds[p].about[req->lang];
	struct buf type = BUF_INIT(4096);
	json_t *json;

	if (more != NULL && more->detail != NULL)
		detail = more->detail;
	buf_fmt(&type, "%s%s", base, kinds[p].name);
	json = buf_err(&type) < 0 ? NULL :
	    json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", buf_cstr(&type),
	    "title", kinds[p].title[req->lang], "status", kinds[p].status,
	    "detail", detail, "instance", req->id);
	buf_free(&type);
	if (json != NULL && more != NULL && more->faults != NULL &&
	    more->faults->n > 0 && json_object_set_new(json, "errors",
	    faults_json(more->faults, req->lang)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* The same without memory but the answer's own: nothing in it needs an escape. */
static void
write_plainly(struct response *res, const struct http_request *req,
    const char *base, enum problem p)
{
	buf_reset(&res->body);
	buf_fmt(&res->body, "{\"type\":\"%s%s\",\"title\":\"%s\","
	    "\"status\":%d,\"detail\":\"%s\",\"instance\":\"%s\"}", base,
	    kinds[p].name, kinds[p].title[req->lang], kinds[p].status,
	    kinds[p].about[req->lang], req->id);
	res->status = kinds[p].status;
}

void
problem_answer(struct response *res, const struct http_request *req,
    const char *base, enum problem p, const struct problem_more *more)
{
	buf_reset(&res->body);
	if (response_json(res, kinds[p].status,
	    problem_json(p, req, base, more)) < 0)
		write_plainly(res, req, base, p);
	if (buf_err(&res->body) < 0) {
		buf_reset(&res->body);
		res->status = kinds[p].status;
		res->content_type = NULL;
	} else {
		res->content_type = "application/problem+json";
		response_header(res, "Content-Language",
		    req->lang == HTTP_RU ? "ru" : "en");
	}
	if (kinds[p].status == 503 || kinds[p].status == 429)
		response_header(res, "Retry-After", "1");
	if (p == PROBLEM_UNAUTHORIZED)
		response_header(res, "WWW-Authenticate",
		    "Bearer realm=\"callhook\"");
}
