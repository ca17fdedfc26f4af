package telegram

import (
	"encoding/json"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// All that this package takes from the library stands here, and nowhere else (house_test.go):
// it has had no release for years, and whoever replaces it writes this file anew.
type (
	parameters   = tgbotapi.Params             // of a call
	account      = tgbotapi.User               // somebody on Telegram
	menuCommand  = tgbotapi.BotCommand         // of a menu
	libraryError = tgbotapi.Error              // the Bot API said no
	consequences = tgbotapi.ResponseParameters // of a refusal
	httpClient   = tgbotapi.HTTPClient
)

// request makes one call of the Bot API at this address, and returns its result.
func request(address, token string, client httpClient, method string, p parameters) (json.RawMessage, error) {
	// tgbotapi.BotAPI has no constructor that does not call getMe at once.
	bot := tgbotapi.BotAPI{Token: token, Client: client}
	bot.SetAPIEndpoint(address)
	answer, err := bot.MakeRequest(method, p)
	if err != nil {
		return nil, err
	}
	return answer.Result, nil
}
