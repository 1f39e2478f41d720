/*
 * The sentences that tell a customer why an attempt failed, by error class and,
 * where a server has answered, by status.  Constant tables; called by
 * delivery.c.
 */
#include "config.h"

#include <string.h>

#include "api/explain.h"

struct sentence {
	const char *text[2];	/* by enum http_lang; %d status, %s detail */
};

static const struct {
	const char *error;
	struct sentence s;
} errors[] = {
	{ "redirect", { {
	    "The server redirects to %s; put that address into the settings.",
	    "Сервер перенаправляет на %s – укажите этот адрес" } } },
	{ "dns", { {
	    "The host name was not found; check the address.",
	    "Имя сервера не найдено: проверьте адрес" } } },
	{ "blocked_address", { {
	    "The host name leads to an address of an internal network, which "
	    "is never called; give a public server.",
	    "Имя сервера ведёт во внутреннюю сеть, такие адреса недоступны: "
	    "укажите сервер, доступный из интернета" } } },
	{ "connect", { {
	    "The server does not accept connections; check that it runs and "
	    "that its firewall lets us in on this port.",
	    "Сервер не принимает соединения: проверьте, что он работает и "
	    "открыт для нас на этом порту" } } },
	{ "timeout", { {
	    "The server did not answer in time; let the script answer first "
	    "and do its work afterwards, or allow it more time.",
	    "Сервер не ответил вовремя: пусть скрипт сначала отвечает, "
	    "а потом обрабатывает данные, либо увеличьте время ожидания" } } },
	{ "tls", { {
	    "No secure connection: the server's certificate is not valid (%s). "
	    "Renew it, or check the host name.",
	    "Безопасное соединение не установлено: сертификат сервера "
	    "не подходит (%s). Обновите его или проверьте имя сервера" } } },
	{ "reset", { {
	    "The server closed the connection without an answer; look into "
	    "its error log.",
	    "Сервер закрыл соединение, не ответив: посмотрите его журнал "
	    "ошибок" } } },
	{ "protocol", { {
	    "The answer is not HTTP; check the port and whether the address "
	    "has to begin with https://.",
	    "Ответ сервера не похож на HTTP: проверьте порт и то, не должен ли "
	    "адрес начинаться с https://" } } },
	{ "event_gone", { {
	    "The data of this call is no longer kept; nothing was sent.",
	    "Данные этого звонка уже удалены, отправлять нечего" } } },
	{ "render", { {
	    "No request can be made of this call and the settings: an address "
	    "may have 64 KiB, a body 1 MiB. Send fewer or shorter values, or "
	    "POST in place of GET.",
	    "Из этого звонка по настройкам нельзя составить запрос: адрес может "
	    "занимать до 64 КиБ, тело до 1 МиБ. Передавайте меньше значений или "
	    "выберите POST вместо GET" } } },
	{ "secret", { {
	    "The request could not be signed or authorized; make a new secret, "
	    "enter the password or token again, or tell the support.",
	    "Не удалось подписать или авторизовать запрос: создайте новый "
	    "секрет, введите пароль или токен заново или обратитесь в "
	    "поддержку" } } },
	{ "crash", { {
	    "Our sender failed at this call again and again and has set it "
	    "aside; tell the support. It may be sent once more by hand.",
	    "Наш отправщик несколько раз подряд аварийно завершился на этом "
	    "звонке, и отправка отложена: сообщите в поддержку. Отправить ещё "
	    "раз можно вручную" } } },
};

static const struct {
	int status;
	struct sentence s;
} statuses[] = {
	{ 400, { {
	    "The server did not understand the request (400); check the "
	    "names of the parameters and the content type.",
	    "Сервер не понял запрос (400): проверьте имена параметров и "
	    "Content type" } } },
	{ 401, { {
	    "The server wants a login (401); enter its user name and password "
	    "or its token in the authorization, or put the key that it expects "
	    "into a header, the path or a constant.",
	    "Сервер требует авторизацию (401): укажите логин и пароль или "
	    "токен в поле «Авторизация» либо добавьте нужный ключ в заголовок, "
	    "путь или константу" } } },
	{ 403, { {
	    "The server forbids the request (403); allow it there, for example "
	    "in the protection against robots.",
	    "Сервер запрещает запрос (403): разрешите его, например, в защите "
	    "от роботов" } } },
	{ 404, { {
	    "There is no such page on the server (404); check the path.",
	    "На сервере нет такой страницы (404): проверьте путь" } } },
	{ 405, { {
	    "The server does not take this HTTP method (405); choose another "
	    "one.",
	    "Сервер не принимает этот HTTP метод (405): выберите другой" } } },
	{ 410, { {
	    "The server says that this page is gone for good (410); give "
	    "another address.",
	    "Сервер сообщает, что страница удалена навсегда (410): укажите "
	    "другой адрес" } } },
	{ 413, { {
	    "The request is too large for the server (413); choose fewer "
	    "parameters or raise its limit.",
	    "Запрос слишком большой для сервера (413): выберите меньше "
	    "параметров или увеличьте предел" } } },
	{ 415, { {
	    "The server does not take this content type (415); choose the "
	    "other one.",
	    "Сервер не принимает этот Content type (415): выберите другой" } } },
	{ 429, { {
	    "The server receives too many requests (429); raise its limit.",
	    "Сервер получает слишком много запросов (429): увеличьте "
	    "предел" } } },
	{ 500, { {
	    "The script on the server has failed (500); look into its error "
	    "log.",
	    "Скрипт на сервере завершился с ошибкой (500): посмотрите журнал "
	    "ошибок" } } },
	{ 502, { {
	    "The web server gets no answer from the program behind it (502); "
	    "check that it runs.",
	    "Веб-сервер не получает ответа от программы за ним (502): "
	    "проверьте, что она работает" } } },
	{ 503, { {
	    "The server is overloaded or under maintenance (503).",
	    "Сервер перегружен или на обслуживании (503)" } } },
	{ 504, { {
	    "The program behind the web server is too slow (504); let it "
	    "answer first and do its work afterwards.",
	    "Программа за веб-сервером работает слишком долго (504): пусть "
	    "сначала отвечает, а потом обрабатывает данные" } } },
};

/* Where the server had begun to answer. */
static const struct {
	const char *error;
	struct sentence s;
} halves[] = {
	{ "reset", { {
	    "The server began to answer (%d) and closed the connection before "
	    "the end; look into its error log.",
	    "Сервер начал отвечать (%d) и закрыл соединение, не закончив: "
	    "посмотрите его журнал ошибок" } } },
	{ "protocol", { {
	    "The answer (%d) breaks the rules of HTTP: its headers are too long "
	    "or its parts are wrong; look at what the script sends.",
	    "Ответ сервера (%d) нарушает правила HTTP: заголовки слишком длинные "
	    "или части ответа неверны: проверьте, что отправляет скрипт" } } },
	{ "timeout", { {
	    "The server began to answer (%d) and did not end in time; let the "
	    "script answer shortly first and do its work afterwards.",
	    "Сервер начал отвечать (%d), но не закончил вовремя: пусть скрипт "
	    "сначала коротко отвечает, а потом обрабатывает данные" } } },
};

static const struct sentence other_status = { {
	"The server answered with the error %d; only 2xx counts as delivered.",
	"Сервер ответил ошибкой %d: удачной считается отправка с ответом 2xx" } };
static const struct sentence other_error = { {
	"The attempt has failed.", "Отправить не удалось" } };

static const struct sentence *
find(struct span error, int status)
{
	size_t i;

	for (i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
		if (status > 0 && span_is(error, halves[i].error))
			return &halves[i].s;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (span_is(error, errors[i].error))
			return &errors[i].s;
	if (!span_is(error, "http_status"))
		return &other_error;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return &statuses[i].s;
	return &other_status;
}

void
explain(enum http_lang lang, struct span error, int status,
    struct span detail, struct buf *out)
{
	const char *p = find(error, status)->text[lang];

	for (; *p != '\0'; p++) {
		if (p[0] != '%') {
			buf_chr(out, *p);
		} else if (*++p == 'd') {
			buf_fmt(out, "%d", status);
		} else if (detail.len > 0) {
			buf_span(out, detail);
		} else {
			buf_str(out, "?");
		}
	}
}
