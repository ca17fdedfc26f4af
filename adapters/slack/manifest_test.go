package slack_test

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	goslack "github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/slack"
)

// TestTheManifestIsComplete reads the file strictly: a key that Slack does not know
// would be refused, and a missing one costs customers the ability to answer.
func TestTheManifestIsComplete(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/slack-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m goslack.Manifest
	if err := yaml.UnmarshalWithOptions(raw, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	var written, carried any
	if err := yaml.Unmarshal(raw, &written); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(slack.Manifest), &carried); err != nil || !reflect.DeepEqual(written, carried) {
		t.Errorf("adapters/slack/manifest.json is not deploy/slack-manifest.yaml: %v", err)
	}
	home := m.Features.AppHome
	if !home.HomeTabEnabled || !home.MessagesTabEnabled || home.MessagesTabReadOnlyEnabled {
		t.Errorf("the app home is %+v", home)
	}
	// slack-go cannot tell false from missing; Slack can.
	var bare struct {
		Features struct {
			AppHome map[string]bool `yaml:"app_home"`
		} `yaml:"features"`
	}
	if err := yaml.Unmarshal(raw, &bare); err != nil {
		t.Fatal(err)
	}
	if read, said := bare.Features.AppHome["messages_tab_read_only_enabled"]; !said || read {
		t.Error("the Messages tab must be said not to be read-only")
	}
	if got := m.OAuthConfig.Scopes.Bot; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(slack.Scopes()))) {
		t.Errorf("the manifest asks for %v, the installation for %v", got, slack.Scopes())
	}
	s := m.Settings
	for _, event := range []string{
		"channel_archive", "channel_deleted", "channel_left", "channel_unarchive", "group_archive", "group_deleted", "group_left", "group_unarchive",
		"message.im", "app_home_opened", "app_uninstalled", "tokens_revoked", "member_joined_channel", "message.channels", "message.groups",
	} {
		if s.EventSubscriptions == nil || !slices.Contains(s.EventSubscriptions.BotEvents, event) {
			t.Errorf("the event %s is missing", event)
		}
	}
	if s.Interactivity == nil || !s.Interactivity.IsEnabled || !s.SocketModeEnabled || s.TokenRotationEnabled || s.OrgDeployEnabled {
		t.Errorf("the settings are %+v", s)
	}
	if c := m.Features.SlashCommands; len(c) != 1 || c[0].Command != slack.DefaultCommand || !c[0].ShouldEscape {
		t.Errorf("the commands are %+v", c)
	}
	for what, length := range map[string][2]int{
		"name":        {len([]rune(m.Display.Name)), 35},
		"description": {len([]rune(m.Display.Description)), 140},
		"shortcut":    {len([]rune(m.Features.Shortcuts[0].Name)), 24},
		"message":     {len([]rune(m.Features.Shortcuts[1].Name)), 24},
	} {
		if length[0] > length[1] {
			t.Errorf("the %s has %d characters, at most %d are allowed", what, length[0], length[1])
		}
	}
}
