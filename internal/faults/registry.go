package main

// row is one property of the program.
type row struct {
	n        int
	property string
	figure   string // what is wanted
	checks   []check
}

// check is a test that shows a property, or a part of it.
type check struct {
	dir    string // of the package, relative to the module
	test   string
	target string   // the `make` target that runs it long
	long   []string // arguments that make it long; ${NAME} is one of sizes
	fuzz   bool
	waits  bool // it mostly waits, so that it runs while others do
}

// name is how the page calls the check.
func (c check) name() string { return c.dir + "." + c.test }

// size is a length that a person may choose.
type size struct{ usual, help string }

func sizes() map[string]size {
	return map[string]size{
		"kills":     {"200", "how often processes are killed"},
		"hits":      {"150", "how often Postgres is killed or restarted"},
		"cuts":      {"500", "how many answers to COMMIT are cut"},
		"rounds":    {"2", "how often each trouble of a network is played"},
		"hold":      {"3s", "how long a trouble lasts"},
		"storm":     {"10m", "how long Telegram storms"},
		"stop":      {"60s", "how long an instance of the fleet stands still"},
		"races":     {"1000", "how often rights end while their holder acts"},
		"soak":      {"1h", "how long the soak lasts"},
		"fuzztime":  {"30s", "how long each fuzz target is fuzzed"},
		"histories": {"300", "how many random histories the read model is played through"},
		"filters":   {"100", "under how many random filters figures are compared"},
		"backups":   {"50", "how many backups are taken and restored under load"},
		"crowd":     {"20000", "how many people have names to be found"},
		"old":       {"", "an older binary to run beside this one"},
	}
}

const (
	crash  = "crash"
	faults = "faults"
	soak   = "soak"
	fuzz   = "fuzz"
)

// modelled is a property test of package rapid, with the number of its random runs.
func modelled(dir, test, runs string) check {
	return check{dir: dir, test: test, target: fuzz, long: []string{"-rapid.checks=" + runs}}
}

// compared is a test that compares figures under random filters.
func compared(test string) check {
	return check{dir: "web/admin", test: test, target: fuzz, long: []string{"-filters=${filters}"}}
}

// registry is every property and the tests that show it. The numbers are fixed: others
// refer to them.
func registry() []row {
	shell := "cmd/aftercare"
	return []row{
		{1, "the process is killed", "0 acknowledged answers lost, 0 stored twice, 0 cards lost over 200 × kill -9 under load; at work again within 5 s", []check{
			{dir: shell, test: "TestKilledAgainAndAgainItLosesAndDoublesNothing", target: crash, long: []string{"-kills=${kills}", "-think=0s", "-long"}},
			{dir: "bot", test: "TestCrashes", target: crash, long: []string{"-crashes=1500"}},
		}},
		{2, "Postgres is killed", "the same zeros over 100 × kill -9 and 50 restarts; the first answer is acknowledged within 5 s after it is up", []check{
			{dir: shell, test: "TestPostgresIsKilledAgainAndAgain", target: faults, long: []string{"-hits=${hits}", "-think=0s"}},
			{dir: shell, test: "TestTheServerStartsWhilePostgresIsAway", target: faults},
			{dir: "storage/postgres", test: "TestAServerThatIsKilledLosesNothingAcknowledged", target: faults},
		}},
		{3, "the answer to COMMIT is lost", "0 lost, 0 doubled over 500 cuts on that answer", []check{
			{dir: shell, test: "TestAnswersToCommitAreCut", target: faults, long: []string{"-cuts=${cuts}", "-think=0s"}},
			{dir: "storage/postgres", test: "TestAnAnswerThatVanishesOnTheWayIsFoundOut", target: faults},
		}},
		{4, "the database is a black hole, or slow", "every call returns within its deadline and 2 s; the program is at work again within 10 s of the trouble's end", []check{
			{dir: "storage/postgres", test: "TestADeadlineIsKeptOnAConnectionThatHangs", target: faults},
			{dir: shell, test: "TestTroubleOnTheWayToPostgres", target: faults, long: []string{"-think=50ms", "-rounds=${rounds}", "-hold=${hold}"}},
		}},
		{5, "a platform storms", "everything is delivered afterwards, nothing before its time, other chats are not held up; at work again within 10 s of the trouble's end", []check{
			{dir: "bot/outbox", test: "TestAPlatformStormDelaysOnlyTheChatsThatItHits", target: faults},
			{dir: shell, test: "TestAStormOnTelegramHoldsUpOnlyTheChatsThatItHits", target: faults, long: []string{"-storm=${storm}"}, waits: true},
			{dir: shell, test: "TestTroubleOnTheWayToTelegram", target: faults, long: []string{"-think=50ms", "-rounds=${rounds}", "-hold=${hold}"}},
		}},
		{6, "updates come twice, out of order and late", "the stored state is the model's, over 100,000 updates", []check{
			{dir: "bot", test: "TestDuplicatesAndDisorderGiveTheModelsState", target: faults, long: []string{"-rapid.checks=7200"}},
		}},
		{7, "the machines keep to their models", "100,000 random steps in every run, 10,000,000 in a long one", []check{
			modelled("survey", "TestSessionInvariants", "880000"),
			modelled("recovery", "TestMachineAgainstModel", "700000"),
			modelled("recovery", "TestCaseInvariants", "20000"),
			modelled("storage", "TestNothingIsEverLost", "330000"),
		}},
		{8, "parsers take anything", "no panic, no hang, bounded memory", []check{
			modelled("bot", "TestNoUpdateBreaksTheBot", "10000"),
			{dir: "adapters/telegram", test: "TestAMillionUpdatesAreDecoded", target: fuzz, long: []string{"-updates=1000000"}},
			{dir: "adapters/telegram", test: "FuzzDecode", target: fuzz, fuzz: true},
			{dir: "adapters/telegram", test: "FuzzArrange", target: fuzz, fuzz: true},
			{dir: "adapters/slack", test: "FuzzDecode", target: fuzz, fuzz: true},
			{dir: "adapters/slack", test: "FuzzRender", target: fuzz, fuzz: true},
			{dir: "bot/render", test: "FuzzDecode", target: fuzz, fuzz: true},
			{dir: "survey/importing", test: "FuzzRead", target: fuzz, fuzz: true},
			{dir: "survey/importing", test: "FuzzReadSheets", target: fuzz, fuzz: true},
			{dir: "internal/table", test: "FuzzRead", target: fuzz, fuzz: true},
			{dir: "internal/table", test: "FuzzSheet", target: fuzz, fuzz: true},
			{dir: "invitation/sheet", test: "FuzzRows", target: fuzz, fuzz: true},
			{dir: "invitation/inbound", test: "FuzzRead", target: fuzz, fuzz: true},
			{dir: "bot", test: "FuzzRender", target: fuzz, fuzz: true},
			{dir: "storage", test: "FuzzParseSlot", target: fuzz, fuzz: true},
			{dir: "storage/internal/sqlstore", test: "FuzzPack", target: fuzz, fuzz: true},
			{dir: "storage/internal/sqlstore", test: "FuzzCasesOfADay", target: fuzz, fuzz: true},
			{dir: "survey", test: "FuzzStep", target: fuzz, fuzz: true},
			{dir: "survey", test: "FuzzTyped", target: fuzz, fuzz: true},
			{dir: "survey/draft", test: "FuzzApply", target: fuzz, fuzz: true},
			{dir: "survey/flowfile", test: "FuzzParse", target: fuzz, fuzz: true},
			{dir: "survey/words", test: "FuzzFolding", target: fuzz, fuzz: true},
			{dir: "recovery", test: "FuzzApply", target: fuzz, fuzz: true},
			{dir: "recovery", test: "FuzzParseRules", target: fuzz, fuzz: true},
			{dir: "recovery/rulefile", test: "FuzzParse", target: fuzz, fuzz: true},
		}},
		{9, "every call of the database and of the platform fails, and the process dies at it", "whichever call of twelve core flows fails, or is the last one, the end is the same: nothing lost, nothing doubled", []check{
			{dir: "bot", test: "TestEveryCallOfTheCoreFlowsFailsInTurn", target: faults, long: []string{"-everycall=0"}},
			{dir: "bot/outbox", test: "TestRandomSchedules", target: crash, long: []string{"-schedules=1000"}},
			{dir: "storage/sqlite", test: "TestEverySlotIsAsTheModelHasIt", target: faults, long: []string{"-histories=${histories}"}},
			{dir: "storage/postgres", test: "TestEverySlotIsAsTheModelHasIt", target: faults, long: []string{"-histories=${histories}"}},
		}},
		{10, "several instances", "0 doubled stored effects, messages shown twice ≤ those in flight, takeover within 6 s, never two pollers", []check{
			{dir: shell, test: "TestAFleetOfThreeLosesAndDoublesNothing", target: faults, long: []string{"-think=50ms", "-kills=${kills}", "-stop=${stop}"}},
			{dir: shell, test: "TestARollingRestartLosesNothing", target: faults, long: []string{"-think=50ms", "-rounds=${rounds}"}},
			{dir: "bot/outbox", test: "TestAnotherProcessTakesOverAndTwoNeverServeAtOnce", target: faults},
			{dir: "bot/outbox", test: "TestARowThatALateHolderClaimsIsFoundToo", target: faults},
		}},
		{11, "clocks jump", "no reminder lost, early or twice; leases go by the database's time", []check{
			{dir: "bot", test: "TestNoReminderIsLostOrTwiceWhenTheClockJumps", target: faults},
			{dir: "bot", test: "TestClocksStrikeOnceWhereverTheSweeperDies", target: faults},
			{dir: "bot", test: "TestManyInstancesStrikeAClockOnce", target: faults},
			{dir: "bot/outbox", test: "TestALostLeaseStopsItsHolderOneSecondEarly", target: faults},
			{dir: "recovery", test: "TestAfterAnOutage", target: faults},
		}},
		{12, "the disk is full", "503, nothing acknowledged, not ready; 0 lost once there is space", []check{
			{dir: shell, test: "TestTheDiskIsFull", target: faults, long: []string{"-think=50ms", "-rounds=${rounds}"}},
		}},
		{13, "a poisonous update", "parked after five tries, visible and retryable; the next update of the chat goes on; the platform gets its 2xx", []check{
			{dir: "bot", test: "TestAPoisonousUpdateIsParkedAndTheNextOneIsHandled", target: faults},
			{dir: "bot", test: "TestAPanicIsParkedToo", target: faults},
			{dir: "bot", test: "TestAParkedUpdateIsHandledAgainExactlyOnce", target: faults},
			{dir: shell, test: "TestAPoisonousUpdateIsParkedAndMendedByTheOperator", target: faults},
			{dir: shell, test: "TestWhatIsStuckIsListedShownAndMended", target: faults},
		}},
		{14, "hostile text", "at least 60 texts are stored or cleaned by the rule, the same everywhere, never a 500", []check{
			{dir: "adapters/chattest", test: "TestHostileTextsAreManyAndDiffer", target: faults},
			{dir: "adapters/telegram", test: "TestConformancePolling", target: faults},
			{dir: "adapters/slack", test: "TestConformanceSocketMode", target: faults},
			{dir: "adapters/webchat", test: "TestConformance", target: faults},
			{dir: "adapters/webchat", test: "TestL16TheWebCleansAsEveryPlatformDoes", target: faults},
			{dir: "bot", test: "TestHostileTextIsStoredClean", target: faults},
			{dir: "storage/sqlite", test: "TestSuite", target: faults},
			{dir: "storage/postgres", test: "TestSuite", target: faults},
		}},
		{15, "forged webhooks", "10,000 mutations on each platform are refused, nothing is parsed before; a replay has no second effect", []check{
			{dir: "adapters/slack", test: "TestMutatedRequestsAreRefused", target: faults},
			{dir: "adapters/slack", test: "TestForgedDeliveriesAreRefused", target: faults},
			{dir: "adapters/telegram", test: "TestMutatedSecretsAreRefused", target: faults},
			{dir: "adapters/telegram", test: "TestForgedDeliveriesAreRefused", target: faults},
			{dir: "bot", test: "TestARedeliveredUpdateHasNoSecondEffect", target: faults},
		}},
		{16, "someone else's button", "no effect, a polite answer, a line in the case's history", []check{
			{dir: "bot", test: "TestSomebodyElsesButtonDoesNothing", target: faults},
			{dir: "bot", test: "TestTapOnAFinishedSurveySaysSoAndTakesTheKeyboardAway", target: faults},
			{dir: "bot", test: "TestWhoMayNotActIsToldSoAndNothingChanges", target: faults},
			{dir: "bot", test: "TestManyTakeAtOnce", target: faults},
		}},
		{20, "secrets", "canaries: none in logs, errors, metrics or columns of errors, faults included; the link to set up, while nobody can sign in, is said on standard output alone", []check{
			{dir: shell, test: "TestTheLinkToSetUpIsPrintedAndNeverLogged", target: faults},
			{dir: shell, test: "TestNoSecretAndNobodysWordsReachALog", target: faults},
			{dir: "storage/postgres", test: "TestErrorsShowNoPassword", target: faults},
			{dir: "adapters/telegram", test: "TestTheTokenIsNeverPrinted", target: faults},
			{dir: "adapters/slack", test: "TestSecretsAreHidden", target: faults},
		}},
		{21, "one person is erased", "25 canaries in 0 bytes of SQLite's directory and 0 columns of Postgres, nor in its files after a vacuum; a running server forgets within 2 s; figures stay; an export is read back as the tables; a crash at any call is gone on from", []check{
			{dir: "bot", test: "TestAnErasedPersonIsNowhere", target: faults},
			{dir: shell, test: "TestARunningServerForgetsWhomACommandErased", target: faults, waits: true},
			{dir: "bot", test: "TestAnErasureThatCrashesAnywhereGoesOn", target: faults},
			{dir: "bot", test: "TestWhatIsOlderThanItIsKeptGoes", target: faults},
			{dir: "storage/sqlite", test: "TestL14NoByteOfTheFilesHoldsAnErasedPerson", target: faults},
			{dir: "storage/sqlite", test: "TestAReaderIsWaitedForAndNamed", target: faults},
			{dir: "storage/postgres", test: "TestNoColumnAndNoFileHoldsAnErasedPerson", target: faults},
			{dir: "storage/storagetest", test: "TestEveryColumnSaysWhatItHoldsOfPeople", target: faults},
			{dir: shell, test: "TestAnExportIsReadBackAsWhatTheTablesHold", target: faults},
		}},
		{22, "upgrades", "instances are replaced one by one under load without an error that customers see; a migration that is killed resumes; who writes by old rules changes nothing", []check{
			{dir: shell, test: "TestAMigrationThatIsKilledResumes", target: faults, long: []string{"-rounds=${rounds}"}},
			{dir: "storage/sqlite", test: "TestAMigrationThatDiesAtAnyStepLeavesWhatItWouldHaveMade", target: faults},
			{dir: "storage/postgres", test: "TestAMigrationThatDiesAtAnyStepLeavesWhatItWouldHaveMade", target: faults},
			{dir: shell, test: "TestARollingRestartLosesNothing", target: faults, long: []string{"-think=50ms", "-old=${old}", "-rounds=${rounds}"}},
			{dir: shell, test: "TestAServerThatTheDatabaseHasOutgrownAcknowledgesNothing", target: faults},
		}},
		{23, "nothing leaks", "goleak in every package that starts goroutines; goroutines, descriptors and heap are flat within 5 % over an hour", []check{
			{dir: shell, test: "TestASoakLeavesNothingBehind", target: soak, long: []string{"-soak=${soak}", "-think=250ms"}},
			{dir: "internal/app", test: "TestAServerStartsAnswersAndLeavesNothingBehind", target: soak},
		}},
		{24, "both engines behave alike", "one suite green on SQLite and Postgres; schema and statements obey the rules for distribution by test", []check{
			{dir: "storage/sqlite", test: "TestSuite", target: faults},
			{dir: "storage/postgres", test: "TestSuite", target: faults},
			{dir: "storage/postgres", test: "TestEveryStatementUsesItsIndexBeforeThereAreStatistics", target: faults},
			{dir: shell, test: "TestAConversationOnTelegramEndsInACardAndThanks", target: faults, long: []string{"-everypair"}},
			{dir: shell, test: "TestAConversationOnSlackEndsInACardAndThanks", target: faults, long: []string{"-everypair"}},
		}},
		{25, "nobody crowds others out", "one person sends 1,000 messages: another customer's card is among the next three sends to its chat, within 5 s, and their taps wait for what is being committed and for none of the rest: the p99 is printed, beside that of a calm server; no more than 20 messages a minute from one person, and nothing of it lost", []check{
			{dir: "bot/outbox", test: "TestACardGoesAheadOfAThousandMessages", target: faults},
			{dir: "bot", test: "TestAFloodOfWordsJoins", target: faults},
			{dir: "bot", test: "TestAFloodOfWishesJoins", target: faults},
			{dir: "bot", test: "TestH1ACrowdOfNewLinksHangsOnOneCard", target: faults},
			{dir: "bot", test: "TestL19TheAttemptsOfStrangersCostNothing", target: faults},
			{dir: shell, test: "TestH1NobodyCrowdsOutAnothersCard", target: faults, long: []string{"-hostile=1000"}},
		}},
		{26, "what one link can cost", "of 1,000 streams of one link four are kept, and one question a second is asked for all; four wait for the store while they are opened; a page of 1,000 messages has at most 200 kB; at rest 10 % of a core, and the connections of streams that are over are closed; at no moment more than 20 MB above what the server holds after others wrote", []check{
			{dir: shell, test: "TestM7OneLinkCostsLittle", target: faults, long: []string{"-hostile=1000"}, waits: true},
			{dir: "adapters/webchat", test: "TestStream", target: faults},
			{dir: "adapters/webchat", test: "TestAConversationIsReadInPages", target: faults},
		}},
		{27, "connections", "10,000 idle sockets: /readyz within 1 s; refusals are logged at WARN and counted", []check{
			{dir: shell, test: "TestM8IdleConnectionsKeepNobodyOut", target: faults},
		}},
		{28, "pseudonymity", "canary name, user name, number and file name through more than 20 later steps (wishes, named surveys, files, edits, replies, blocks): 0 hits in staff chats before somebody is told; a named card counts no masked session; 0 equal marks among 25,000 customers", []check{
			{dir: "bot", test: "TestH3APseudonymousCustomerIsNamedByNoLaterStep", target: faults},
			{dir: "bot", test: "TestH3ANamedCardCountsNoMaskedSession", target: faults},
			{dir: "bot", test: "TestL10NoTwoMarksAreTheSame", target: faults},
			{dir: "bot", test: "TestMarksAreGivenOnce", target: faults},
		}},
		{29, "rights end at once", "remove somebody or change their role: 0 acts committed after the command returned, 1,000 races on each engine, three instances", []check{
			{dir: "bot", test: "TestM5RightsEndAtOnce", target: faults, long: []string{"-races=${races}"}},
		}},
		{30, "codes and links", "a code seen where others read is spent; each link is logged and told to the person's other chats; 0 staff rights over web links; a survey link opens once per person: a second browser reads nothing of a conversation unless a code of six digits moves it there, once; a month after its end nobody does", []check{
			{dir: "bot", test: "TestM4ACodeThatOthersReadIsSpentAtOnce", target: faults},
			{dir: "bot", test: "TestEveryLinkIsLoggedAndToldToTheOtherChats", target: faults},
			{dir: "bot", test: "TestAWebLinkGivesNoRights", target: faults},
			{dir: "bot", test: "TestM6AWebLinkIsThatOfTheBrowserThatBegan", target: faults},
			{dir: "bot", test: "TestOfManyBrowsersOneHasTheLink", target: faults},
			{dir: "bot", test: "TestAWebLinkEndsAMonthAfterItsConversation", target: faults},
			{dir: "adapters/webchat", test: "TestAConversationIsReadWhereItBegan", target: faults},
			{dir: "adapters/webchat", test: "TestTheFirstTapBeginsTheConversation", target: faults},
			{dir: "bot", test: "TestACodeMovesAConversation", target: faults},
			{dir: "bot", test: "TestWhoAsksForALinkIsHeard", target: faults},
		}},
		{31, "tenants", "a stranger's Slack installation: nothing of it without approval; a tenant's dead token: the server ready and the others served; a link installs one workspace, a state comes once", []check{
			{dir: shell, test: "TestH2AStrangersWorkspaceIsNotHeardUntilItIsApproved", target: faults},
			{dir: shell, test: "TestALinkInstallsOneWorkspaceOnce", target: faults},
			{dir: "adapters/slack", test: "TestAWorkspaceInstallsTheApp", target: faults},
		}},
		{32, "backup", "50 backups under load on each engine, the server killed after each: 0 acknowledged before the beginning missing, equal after a restore into either engine, the key included; a damaged or half backup is refused by name; a plain copy of the file beside a running server is warned of in words", []check{
			{dir: shell, test: "TestBackupsUnderLoadAreWholeAndComeBackEqual", target: faults, long: []string{"-backups=${backups}", "-think=0s"}},
			{dir: shell, test: "TestABackupThatIsKilledIsNoBackup", target: faults, long: []string{"-long"}},
			{dir: shell, test: "TestR1ABackupBesideAServerHoldsWhatACopyOfTheFileDoesNot", target: faults},
			{dir: shell, test: "TestASQLiteFileIsBackedUpBeforeOlderProgramsCannotGoOn", target: faults},
			{dir: shell, test: "TestAPostgresIsMigratedOnceSomebodySaysThatItIsBackedUp", target: faults},
			{dir: "storage/archive", test: "TestEveryTableComesBackAsItWasOnBothEnginesAndAcrossThem", target: faults},
			{dir: "storage/archive", test: "TestNoTableAndNoColumnIsForgotten", target: faults},
			{dir: "storage/archive", test: "TestADamagedBackupIsRefusedByName", target: faults},
		}},
		{33, "the database's file goes", "removed, moved, overwritten, replaced, closed or mounted read-only under load: 0 acknowledged afterwards, not ready within 2 s, ends with 1; a second program never empties a log of changes that is in use", []check{
			{dir: shell, test: "TestR2AServerWhoseFileIsTakenAwayAcknowledgesNothing", target: faults, long: []string{"-long"}},
			{dir: shell, test: "TestNoCommandEmptiesTheLogOfARunningServer", target: faults},
		}},
		{34, "wrong or lost key", "every command and instance refuses another key and a lost one at once, with words, and none is made in its place; a rotation that is killed anywhere heals, and keeps old links good; `doctor` changes no byte of the directory", []check{
			{dir: shell, test: "TestTheDoctorFindsEachIllness", target: faults},
			{dir: shell, test: "TestTheDoctorReadsWhatAKilledServerLeft", target: faults},
			{dir: shell, test: "TestR3EveryCommandRefusesAnotherKeyAndALostOne", target: faults},
			{dir: shell, test: "TestAServerRefusesAnotherKey", target: faults},
			{dir: shell, test: "TestTheKeyOfAnOlderDatabaseIsNotedOnceALinkHasProvedIt", target: faults},
			{dir: shell, test: "TestANewKeyKeepsOldLinksGood", target: faults},
			{dir: shell, test: "TestAChangeOfTheKeyThatIsKilledHeals", target: faults},
			{dir: "internal/app", test: "TestTokensAreSealedAnewWithANewKey", target: faults},
			{dir: "internal/app", test: "TestATokenThatCanBeReadProvesTheKey", target: faults},
		}},
		{35, "readiness tells the truth", "while nothing can be written for more than 5 s: 503 the whole time, with and without traffic; what takes no messages, and chats of staff that are gone, are named there", []check{
			{dir: shell, test: "TestR6AServerThatCannotWriteIsNotReadyTheWholeTime", target: faults, long: []string{"-locked=12s"}, waits: true},
			{dir: "internal/app", test: "TestReadinessNamesWhatNeedsSomebody", target: faults},
		}},
		{36, "refusals are seen", "each refused call of a platform is counted by its reason; one WARN a minute; a clock that is off by more than 60 s is named", []check{
			{dir: "internal/app", test: "TestR5RefusedCallsAreSeen", target: faults},
			{dir: shell, test: "TestTheDoctorFindsEachIllness", target: faults},
		}},
		{37, "signals and pipes", "a server whose output goes away, fills a device or was never there serves on; it ends by SIGTERM, SIGINT and SIGHUP only, in order; the demo leaves nothing behind", []check{
			{dir: shell, test: "TestR7AServerOutlivesItsOutputAndEndsInOrder", target: faults},
			{dir: shell, test: "TestAHangUpThatIsIgnoredIsLeftAlone", target: faults},
			{dir: shell, test: "TestTheDemoLeavesNothingBehind", target: faults},
			{dir: shell, test: "TestASignalInTheFirstMomentsIsNoFailure", target: faults},
		}},
		{38, "spoofing", "over 100 hostile names and answers: a card's own lines (state, holder, due) parse back to exactly the model's on both platforms that show cards, and the pages of staff keep their elements and lines; 0 live mentions, links, commands from foreign words in staff chats, 0 markup on any page; what commands print holds no control and no change of reading direction", []check{
			{dir: "bot", test: "TestM9NobodysNameOrWordsLookLikeACardsOwnLines", target: faults},
			{dir: "web/admin", test: "TestM9NobodysNameOrWordsLookLikeAPagesOwn", target: faults},
			{dir: "web/admin", test: "TestM9NoWordOnAnyPageBecomesMarkup", target: faults},
			{dir: shell, test: "TestL11NoCommandPrintsWhatMovesATerminal", target: faults},
			{dir: shell, test: "TestEveryCommandPrintsThroughThePrinter", target: faults},
		}},
		{39, "a platform's side calls", "each call that is not the message itself (menus, names, marks, the webhook's state, toasts, forms, home) fails, hangs or is limited for an hour: intake and sending unharmed, readiness and metrics say so", []check{
			{dir: "internal/app", test: "TestSideCallsThatFailHoldUpNothing", target: faults, waits: true},
			{dir: "adapters/telegram", test: "TestConnectRegistersTheMenus", target: faults},
			{dir: "adapters/telegram", test: "TestANameThatIsKnownIsNotWaitedFor", target: faults},
		}},
		{40, "a staff chat comes and goes", "kicked, muted, not yet there, archived, topic closed or deleted, named by a setting or linked: each card is there within 10 s after the chat takes messages again; 0 cards wait for a clock", []check{
			{dir: "internal/app", test: "TestAChatOfStaffThatIsBackHasItsCards", target: faults},
			{dir: "bot", test: "TestAPlatformIsAskedAboutALostChatUntilItTakesMessages", target: faults},
			{dir: "bot", test: "TestAPlatformThatIsWrongIsBelievedLessAndLess", target: faults},
			{dir: "bot", test: "TestWhatAChatOfStaffMissedComesWhenItIsBack", target: faults},
		}},
		{41, "nobody is unheard", "every kind of message that a platform can deliver from a customer, at each of twelve moments, in three chats: answered kindly, and its words or its kind reach staff or an answer: 0 silent, 0 \"nobody reads this\"", []check{
			{dir: "bot", test: "TestNobodyIsUnheard", target: faults},
			{dir: "bot", test: "TestWordsOutsideASurveyAreOneEntryADay", target: faults},
			{dir: "bot", test: "TestEveryWordOfASessionCanBeRead", target: faults},
			{dir: "adapters/telegram", test: "TestWhatIsNeitherWordsNorAFileIsSaid", target: faults},
		}},
		{42, "the read model", "after random histories of answers, corrections, erasures, retention, folds and rebuilds, with connections cut and processes dead at any moment, on both engines: equal to a fold from nothing, every acknowledged answer once; ten answers are ten rows", []check{
			{dir: "storage/sqlite", test: "TestTheReadModelIsAFoldFromNothing", target: faults, long: []string{"-histories=${histories}"}},
			{dir: "storage/postgres", test: "TestTheReadModelIsAFoldFromNothing", target: faults, long: []string{"-histories=${histories}"}},
			{dir: "storage/storagetest", test: "TestViewsTellNothingOfWhoItWas", target: faults},
			{dir: shell, test: "TestTenAnswersAreTenRows", target: faults},
		}},
		{43, "words that wait five seconds", "the process that sends what staff wrote is killed before and after each of its calls of the store, on both engines: each reply reaches the customer once, what was taken back never, what may not be sent is kept with the reason", []check{
			{dir: "bot", test: "TestWordsThatWaitAreSentOnceWhereverTheProcessDies", target: crash},
			{dir: "bot", test: "TestWordsThatWereTakenBackAreNotSent", target: crash},
			{dir: "bot", test: "TestWordsThatMayNotBeSentStayWithWhoWroteThem", target: crash},
		}},
		{44, "who is asked", "the process that asks dies at each of its calls of the store, and a server that imports a sheet is killed with -9: every customer is asked once, by one decision; over random years of events, answers, stops and staff who insist no limit is broken and every decision is explained, and each rule that is left out is seen; who is erased stands in no sheet that waits, and does not come back by it", []check{
			{dir: shell, test: "TestAnImportThatIsKilledAsksNobodyTwice", target: crash, long: []string{"-long"}},
			{dir: shell, test: "TestABroadcastThatIsKilledAsksNobodyTwice", target: crash, long: []string{"-long"}},
			{dir: "bot/asking", test: "TestACrashAsksNobodyTwice", target: crash, long: []string{"-aftercalls"}},
			{dir: "bot/asking", test: "TestACrashWhileStaffAskAsksNobodyTwice", target: crash, long: []string{"-aftercalls"}},
			{dir: "bot/asking", test: "TestACrashTellsOtherSystemsOnce", target: crash, long: []string{"-aftercalls"}},
			{dir: "bot/asking", test: "TestACrashTellsNobodyTwice", target: crash, long: []string{"-aftercalls"}},
			{dir: "bot/asking", test: "TestTheModelOfWhoIsAsked", target: crash, long: []string{"-everywhere"}},
			{dir: "bot/asking", test: "TestManyPlanAtOnce", target: crash},
			{dir: "invitation", test: "TestThePolicyNeverAsksTooOften", target: crash},
			{dir: "invitation", test: "TestTheModelSeesEachRuleThatIsLeftOut", target: crash},
			{dir: "web/importing", test: "TestAnErasureReachesASheetThatWaits", target: crash},
			{dir: "web/importing", test: "TestAnErasureStopsARunInWhichTheyStand", target: crash},
			{dir: "web/importing", test: "TestWhatWaitsIsSealed", target: crash},
		}},
		{45, "a figure is the same wherever it is read", "under a hundred random filters, on both engines: on pages, in their tables, by the API, in rows and lists as CSV, read one by one and added up by day: what plain SQL over the views counts; and under ten, in each of four worlds, no page shows what is too little to show", []check{
			compared("TestAFigureIsTheSameWhereverItIsRead"),
			compared("TestAFigureIsTheSameUnderEveryFilter"),
			compared("TestAFigureIsTheSameOfWhatWasChosen"),
			compared("TestCasesAsksAndComplaintsAreTheSameUnderEveryFilter"),
			compared("TestEachPanelOfTheDashboardsShowsWhatThePageDoes"),
			compared("TestNoPageShowsWhatItMayNot"),
		}},
		{46, "names of a crowd", "names that were stored before they had a place are filled in, and found by words of them as a look at every name finds them, on both engines: of 5,000 people and as many customers in every run, of 20,000 in a long one; on Postgres a page of names touches at most ten pages of the database and five for each name", []check{
			{dir: "storage/sqlite", test: "TestNamesOfACrowdAreFilledInAndFound", target: faults, long: []string{"-crowd=${crowd}"}},
			{dir: "storage/postgres", test: "TestNamesOfACrowdAreFilledInAndFound", target: faults, long: []string{"-crowd=${crowd}"}},
		}},
	}
}
