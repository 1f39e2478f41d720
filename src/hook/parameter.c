/*
 * The platform's preset call values, in the vendor's order: one table a
 * service.  Settings are checked against it, mappings take values by it, the
 * cabinet shows it.  Constant data.
 */
#include "config.h"

#include <string.h>

#include "hook/derive.h"
#include "hook/parameter.h"
#include "hook/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Examples of nested values, used more than once. */
#define CURRENT \
	"{\"typ\":\"utm\",\"src\":\"yandex\",\"mdm\":\"cpc\"," \
	"\"cmp\":\"leto_2024_msk\",\"cnt\":\"obratnyj_zvonok\"," \
	"\"trm\":\"купить авто в кредит\"}"
#define FIRST \
	"{\"typ\":\"organic\",\"src\":\"google\"," \
	"\"mdm\":\"organic\",\"cmp\":\"(none)\",\"cnt\":\"(none)\"," \
	"\"trm\":\"(none)\"}"
#define VISIT_INFO \
	"{\"current\":" CURRENT \
	",\"current_add\":{\"fd\":\"2024-06-11 12:11:40\"," \
	"\"ep\":\"https://avtosalon.example/" \
	"?utm_source=yandex&utm_medium=cpc" \
	"&utm_campaign=leto_2024_msk\"," \
	"\"rf\":\"https://yandex.ru/\"},\"first\":" FIRST \
	",\"first_add\":{\"fd\":\"2024-06-02 20:40:03\"," \
	"\"ep\":\"https://avtosalon.example/\"," \
	"\"rf\":\"https://www.google.com/\"}," \
	"\"session\":{\"pgs\":3," \
	"\"cpg\":\"https://avtosalon.example/cars/sedan?color=белый\"}," \
	"\"udata\":{\"vst\":2,\"uip\":\"203.0.113.57\"," \
	"\"uag\":\"Mozilla/5.0 (Linux; Android 14) " \
	"AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 " \
	"Mobile Safari/537.36\"}}"

/* What most are: in data under their own names. */
#define POSTED false, PARAMETER_POSTED, NULL

/* What the vendor's lists lack; the same in both services. */
#define EXTENSIONS(ya_clid) \
	{ "call_id", "call_id", "string", false, \
	    PARAMETER_KNOWN, "null", "\"1337486\"", \
	    "id звонка: общий у всех событий звонка", \
	    "id of the call, the same in all its events", \
	    true, PARAMETER_CALL_ID, NULL }, \
	{ "event", "event", "string", false, \
	    PARAMETER_KNOWN, "null", "\"AFTER_CALL_FINISH\"", \
	    "событие: BEFORE_CALL_START, AFTER_CALL_FINISH, CALL_CHANGED", \
	    "event: BEFORE_CALL_START, AFTER_CALL_FINISH, CALL_CHANGED", \
	    true, PARAMETER_EVENT, NULL }, \
	{ "status_description", "status_description", "string", true, \
	    PARAMETER_PLACEHOLDER, "null", \
	    "\"Успешный звонок. Всё прошло хорошо\"", \
	    "статус звонка словами", \
	    "status of the call in words (Russian)", \
	    true, PARAMETER_STATUS, NULL }, \
	{ "tags_list", "tags_list", "array", false, \
	    PARAMETER_AT_END, "[]", "[\"Целевой\",\"Тест-драйв\"]", \
	    "теги звонка списком", \
	    "tags of the call as a list", \
	    true, PARAMETER_TAGS, NULL }, \
	{ "ya_clid", "ya_clid", "string", true, \
	    PARAMETER_KNOWN, "null", "\"1718097100123456789\"", \
	    "id клиента в Яндекс.Метрике", \
	    "client's id in Yandex.Metrica", \
	    true, PARAMETER_POSTED, ya_clid }, \
	{ "unique", "unique", "boolean", true, \
	    PARAMETER_AT_END, "null", "true", \
	    "уникальный звонок: первый с этого номера", \
	    "unique call: the first from this number", \
	    true, PARAMETER_POSTED, NULL }, \
	{ "target", "target", "boolean", true, \
	    PARAMETER_AT_END, "null", "true", \
	    "целевой звонок", \
	    "target call", \
	    true, PARAMETER_POSTED, NULL }

static const struct parameter CALLTRACKING[] = {
	{ "record_url", "record_url", "string", true,
	    PARAMETER_AT_END, "null",
	    "\"https://records.ckct.example/ct/1337486.mp3\"",
	    "ссылка на запись разговора",
	    "link to the recording of the conversation", POSTED },
	{ "ip", "ip", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"203.0.113.18\"",
	    "ip клиента",
	    "client's IP address", POSTED },
	{ "device", "device", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"iPhone\"",
	    "устройство клиента",
	    "client's device", POSTED },
	{ "host", "host", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"avtosalon.example\"",
	    "хост (сайт визита)",
	    "host (site of the visit)", POSTED },
	{ "city", "city", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Санкт-Петербург\"",
	    "город клиента",
	    "client's city", POSTED },
	{ "region", "region", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Санкт-Петербург\"",
	    "регион клиента",
	    "client's region", POSTED },
	{ "source_type", "source_type", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"utm\"",
	    "тип источника",
	    "type of source", POSTED },
	{ "utm_source", "utm_source", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"yandex\"",
	    "источник перехода",
	    "source of the visit", POSTED },
	{ "client_number", "client_number", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"79995550188\"",
	    "номер клиента",
	    "client's number", POSTED },
	{ "calltracking_number", "calltracking_number", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"79990001122\"",
	    "подменный номер звонка",
	    "substitute number of the call", POSTED },
	{ "manager_number", "manager_number", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"79991110022\"",
	    "номер менеджера",
	    "manager's number", POSTED },
	{ "time_start", "time_start", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"2024-06-11 11:02:41\"",
	    "время начала разговора",
	    "time the conversation began", POSTED },
	{ "duration", "duration", "integer", true,
	    PARAMETER_AT_END, "null",
	    "152",
	    "длительность разговора",
	    "duration of the conversation", POSTED },
	{ "dtmf_pressed", "dtmf_pressed", "string", true,
	    PARAMETER_AT_END, "null",
	    "null",
	    "кнопка, которую нажал оператор",
	    "button the operator pressed", POSTED },
	{ "call_status", "call_status", "string", false,
	    PARAMETER_PLACEHOLDER, "null",
	    "\"200/200\"",
	    "статус звонка",
	    "status of the call", POSTED },
	{ "call_type", "call_type", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"Динамический коллтрекинг\"",
	    "тип звонка",
	    "type of the call", POSTED },
	{ "company_name", "company_name", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Распродажа «Лето»\"",
	    "название кампании",
	    "name of the campaign", POSTED },
	{ "office_name", "office_name", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Офис на Невском\"",
	    "название офиса",
	    "name of the office", POSTED },
	{ "user_id", "user_id", "integer", false,
	    PARAMETER_KNOWN, "null",
	    "10234",
	    "идентификатор пользователя (аккаунта)",
	    "id of the user (account)", POSTED },
	{ "ga_clid", "ga_clid", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"345345353.1718097212\"",
	    "id клиента в Google Analytics",
	    "client's id in Google Analytics", POSTED },
	{ "country", "country", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Россия\"",
	    "страна клиента",
	    "client's country", POSTED },
	{ "utm_medium", "utm_medium", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"cpc\"",
	    "тип рекламного перехода",
	    "type of advertising click", POSTED },
	{ "utm_campaign", "utm_campaign", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"leto_2024_spb\"",
	    "рекламная кампания из метки",
	    "advertising campaign from the tag", POSTED },
	{ "utm_term", "utm_term", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"седан & кредит 100%\"",
	    "ключевая фраза",
	    "key phrase", POSTED },
	{ "utm_content", "utm_content", "string", true,
	    PARAMETER_KNOWN, "null",
	    "null",
	    "метка, доп. информация",
	    "tag, additional information", POSTED },
	{ "site", "site", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"avtosalon.example\"",
	    "сайт",
	    "site", true, PARAMETER_POSTED, "host" },
	EXTENSIONS(NULL),
};

static const struct parameter CALLKEEPER[] = {
	{ "id", "id", "integer", false,
	    PARAMETER_KNOWN, "null",
	    "48210377",
	    "id звонка (попытки) в системе CallKeeper",
	    "id of the call (attempt) at CallKeeper", POSTED },
	{ "visit_info", "visit_info", "object", true,
	    PARAMETER_KNOWN, "null",
	    VISIT_INFO,
	    "массив utm-меток по звонку (весь визит)",
	    "UTM data of the call (the whole visit)", POSTED },
	{ "current", "visit_info.current", "object", true,
	    PARAMETER_KNOWN, "null",
	    CURRENT,
	    "utm-метки текущего визита",
	    "UTM data of the current visit", POSTED },
	{ "first", "visit_info.first", "object", true,
	    PARAMETER_KNOWN, "null",
	    FIRST,
	    "utm-метки первого визита",
	    "UTM data of the first visit", POSTED },
	{ "pgs", "visit_info.session.pgs", "integer", true,
	    PARAMETER_KNOWN, "null",
	    "3",
	    "просмотрено страниц до звонка",
	    "pages viewed before the call", POSTED },
	{ "cpg", "visit_info.session.cpg", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"https://avtosalon.example/cars/sedan?color=белый\"",
	    "страница, откуда совершён звонок",
	    "page from which the call was made", POSTED },
	{ "vst", "visit_info.udata.vst", "integer", true,
	    PARAMETER_KNOWN, "null",
	    "2",
	    "порядковый номер визита",
	    "ordinal number of the visit", POSTED },
	{ "uag", "visit_info.udata.uag", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML,"
	    " like Gecko) Chrome/125.0 Mobile Safari/537.36\"",
	    "User Agent",
	    "User Agent", POSTED },
	{ "status_code", "status_code", "integer", false,
	    PARAMETER_PLACEHOLDER, "null",
	    "200",
	    "SIP-код звонка менеджеру",
	    "SIP code of the call to the manager", POSTED },
	{ "status_reason", "status_reason", "string", false,
	    PARAMETER_PLACEHOLDER, "null",
	    "\"OK\"",
	    "сообщение о статусе звонка менеджеру",
	    "status message of the call to the manager", POSTED },
	{ "status2_code", "status2_code", "integer", false,
	    PARAMETER_PLACEHOLDER, "0",
	    "200",
	    "SIP-код звонка клиенту",
	    "SIP code of the call to the client", POSTED },
	{ "status2_reason", "status2_reason", "string", false,
	    PARAMETER_PLACEHOLDER, "\"\"",
	    "\"OK\"",
	    "сообщение о статусе звонка клиенту",
	    "status message of the call to the client", POSTED },
	{ "ip", "ip", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"203.0.113.57\"",
	    "ip-адрес клиента",
	    "client's IP address", POSTED },
	{ "country", "country", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"RU\"",
	    "код страны",
	    "country code", POSTED },
	{ "city", "city", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Москва\"",
	    "город",
	    "city", POSTED },
	{ "region", "region", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Москва\"",
	    "регион",
	    "region", POSTED },
	{ "district", "district", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Центральный федеральный округ\"",
	    "округ",
	    "district", POSTED },
	{ "site", "site", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"avtosalon.example\"",
	    "сайт (из настроек виджета)",
	    "site (from the widget's settings)", POSTED },
	{ "ga_clientid", "ga_clientid", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"1526128712.1513128077\"",
	    "Google Analytics ID",
	    "Google Analytics ID", POSTED },
	{ "phone1", "phone1", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"79991110011^204\"",
	    "номер менеджера [добавочный]",
	    "manager's number [extension]", POSTED },
	{ "phone2", "phone2", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"79995550123\"",
	    "номер клиента",
	    "client's number", POSTED },
	{ "widget_hash", "widget_hash", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"9f1c2b7ad04e4f6b8a35c1d2e3f40516\"",
	    "хеш виджета CallKeeper",
	    "hash of the CallKeeper widget", POSTED },
	{ "duration_sec", "duration_sec", "integer", false,
	    PARAMETER_AT_END, "0",
	    "143",
	    "длительность, сек",
	    "duration, seconds", POSTED },
	{ "a_type", "a_type", "integer", false,
	    PARAMETER_AT_END, "0",
	    "3",
	    "тип соединения, выбранный менеджером",
	    "connection type chosen by the manager", POSTED },
	{ "asr_attempts", "asr_attempts", "integer", false,
	    PARAMETER_AT_END, "0",
	    "1",
	    "попыток голосового SmartCall",
	    "attempts of voice SmartCall", POSTED },
	{ "attempt", "attempt", "integer", false,
	    PARAMETER_KNOWN, "null",
	    "1",
	    "номер попытки звонка",
	    "number of the call attempt", POSTED },
	{ "date", "date", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"2024-06-11 09:15:09\"",
	    "дата и время звонка (UTC)",
	    "date and time of the call (UTC)", POSTED },
	{ "date_timestamp", "date_timestamp", "integer", false,
	    PARAMETER_KNOWN, "null",
	    "1718097309",
	    "то же, timestamp",
	    "the same as a timestamp", POSTED },
	{ "duration_min", "duration_min", "string", false,
	    PARAMETER_AT_END, "\"0\"",
	    "\"3\"",
	    "длительность в минутах, вверх",
	    "duration in minutes, rounded up", POSTED },
	{ "event_source", "event_source", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"widget\"",
	    "инструмент, с которого заказан звонок",
	    "tool the call was ordered with", POSTED },
	{ "hook_event", "hook_event", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"Call is over\"",
	    "событие вебхука",
	    "event of the webhook", POSTED },
	{ "order_date", "order_date", "string", false,
	    PARAMETER_KNOWN, "null",
	    "\"2024-06-11 09:15:04\"",
	    "дата и время заказа звонка",
	    "date and time the call was ordered", POSTED },
	{ "playback_tick", "playback_tick", "integer", false,
	    PARAMETER_AT_END, "0",
	    "1",
	    "проговариваний IVR за звонок",
	    "IVR playbacks during the call", POSTED },
	{ "record_url", "record_url", "string", false,
	    PARAMETER_AT_END, "\"\"",
	    "\"https://records.ckct.example/r/48210377.mp3\"",
	    "ссылка на запись разговора",
	    "link to the recording of the conversation", POSTED },
	{ "roistat_visit", "roistat_visit", "string", true,
	    PARAMETER_KNOWN, "null",
	    "null",
	    "id клиента в Roistat (если включено)",
	    "client's id in Roistat (if switched on)", POSTED },
	{ "tags", "tags", "string", false,
	    PARAMETER_AT_END, "\" \"",
	    "\"Целевой, Тест-драйв\"",
	    "теги звонка",
	    "tags of the call", POSTED },
	{ "ga_clid", "ga_clid", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"1526128712.1513128077\"",
	    "id клиента в GA",
	    "client's id in Google Analytics", POSTED },
	{ "widget_name", "widget_name", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"Автосалон на Тверской\"",
	    "название виджета",
	    "name of the widget", POSTED },
	{ "ya_clientid", "ya_clientid", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"1718097100123456789\"",
	    "id клиента в Яндекс.Метрике (string: > 2^53)",
	    "client's id in Yandex.Metrica", POSTED },
	{ "uip", "visit_info.udata.uip", "string", true,
	    PARAMETER_KNOWN, "null",
	    "\"203.0.113.57\"",
	    "user ip",
	    "user's IP address", POSTED },
	EXTENSIONS("ya_clientid"),
};

const struct parameter *
parameter_list(enum service service, size_t *n)
{
	if (service == SERVICE_CALLKEEPER) {
		*n = COUNT(CALLKEEPER);
		return CALLKEEPER;
	}
	*n = COUNT(CALLTRACKING);
	return CALLTRACKING;
}

const struct parameter *
parameter_find(enum service service, struct span id)
{
	const struct parameter *list;
	size_t i, n;

	list = parameter_list(service, &n);
	for (i = 0; i < n; i++)
		if (span_is(id, list[i].id))
			return &list[i];
	return NULL;
}

const struct parameter *
parameter_resolve(enum service service, struct span text, struct span *rest)
{
	const char *dot = memchr(text.p, '.', text.len);
	const struct parameter *p;
	struct span id = text;

	*rest = (struct span){ text.p + text.len, 0 };
	if (text.len > PARAMETER_PATH_MAX)
		return NULL;
	if (dot) {
		id.len = (size_t)(dot - text.p);
		*rest = (struct span){ dot + 1, text.len - id.len - 1 };
	}
	p = parameter_find(service, id);
	if (dot && (rest->len == 0 || (p && strcmp(p->type, "object") != 0)))
		return NULL;
	return p;
}

struct span
parameter_value(const struct parameter *p, struct span path,
    const struct parameter_call *call, struct buf *scratch)
{
	struct span value = scan_path(call->data, p->path);

	buf_reset(scratch);
	if (p->extension)
		value = derive_value(p, call, value, scratch);
	if (path.len > 0) {
		value = scan_path_of(value, path);
		return value.p ? value : SPAN("null");
	}
	return value.p ? value : span_of(p->blank);
}
