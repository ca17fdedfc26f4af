package sqlstore

// queries is every statement of the store, each beside what scans its rows. ord > 0,
// epoch >= 0, key > ” and number > 0 hold for every row: they name the index that is meant
// (see the migrations).
type queries struct {
	bucketQueries
	savingQueries
	keyQueries
	recordQueries
	sessionQueries
	historyQueries
	deliveryQueries
	caseQueries
	referenceQueries
	leaseQueries
	processQueries
	pruneQueries
	revisionQueries
	installationQueries
	queueQueries
	underwayQueries
	agreeQueries
	teamQueries
	staffChatQueries
	announcedQueries
	parkingQueries
	personQueries
	namingQueries
	tierQueries
	eraseQueries
	hookQueries
	inboundQueries
	improvementQueries
	alarmQueries
	sheetMapQueries
	secretQueries
	retainQueries
	foldQueries
	inboxQueries
	writingQueries
	standingLinkQueries
	buildingQueries
	tokenQueries
	keptQueries
	eventQueries
	askingQueries
	loginQueries
	webSessionQueries
	oneTimeQueries
	tryQueries
	auditQueries
	answeredQueries
	figureQueries
	givenQueries
	saidQueries
	resultQueries
	cellQueries
	choiceQueries
	askedCellQueries
	caseDayQueries
	servedQueries
	all, boot []string
}

// perRow ends a question about another table that is put for each row, as it stands.
const perRow = " LIMIT 1 OFFSET 0"

func newQueries(d Dialect) *queries {
	t := &texts{dialect: d}
	q := &queries{
		bucketQueries:       newBucketQueries(t),
		keyQueries:          newKeyQueries(t),
		recordQueries:       newRecordQueries(t),
		sessionQueries:      newSessionQueries(t),
		historyQueries:      newHistoryQueries(t),
		deliveryQueries:     newDeliveryQueries(t),
		queueQueries:        newQueueQueries(t),
		underwayQueries:     newUnderwayQueries(t),
		agreeQueries:        newAgreeQueries(t),
		caseQueries:         newCaseQueries(t),
		referenceQueries:    newReferenceQueries(t),
		leaseQueries:        newLeaseQueries(t),
		processQueries:      newProcessQueries(t),
		pruneQueries:        newPruneQueries(t),
		revisionQueries:     newRevisionQueries(t),
		installationQueries: newInstallationQueries(t),
		teamQueries:         newTeamQueries(t),
		staffChatQueries:    newStaffChatQueries(t),
		announcedQueries:    newAnnouncedQueries(t),
		parkingQueries:      newParkingQueries(t),
		personQueries:       newPersonQueries(t),
		namingQueries:       newNamingQueries(t),
		tierQueries:         newTierQueries(t),
		eraseQueries:        newEraseQueries(t),
		hookQueries:         newHookQueries(t),
		inboundQueries:      newInboundQueries(t),
		improvementQueries:  newImprovementQueries(t),
		alarmQueries:        newAlarmQueries(t),
		sheetMapQueries:     newSheetMapQueries(t),
		secretQueries:       newSecretQueries(t),
		retainQueries:       newRetainQueries(t),
		foldQueries:         newFoldQueries(t),
		inboxQueries:        newInboxQueries(t),
		writingQueries:      newWritingQueries(t),
		standingLinkQueries: newStandingLinkQueries(t),
		buildingQueries:     newBuildingQueries(t),
		tokenQueries:        newTokenQueries(t),
		keptQueries:         newKeptQueries(t),
		eventQueries:        newEventQueries(t),
		askingQueries:       newAskingQueries(t),
		loginQueries:        newLoginQueries(t),
		webSessionQueries:   newWebSessionQueries(t),
		oneTimeQueries:      newOneTimeQueries(t),
		tryQueries:          newTryQueries(t),
		auditQueries:        newAuditQueries(t),
		answeredQueries:     newAnsweredQueries(t),
		figureQueries:       newFigureQueries(t),
		givenQueries:        newGivenQueries(t),
		saidQueries:         newSaidQueries(t),
		resultQueries:       newResultQueries(t),
		cellQueries:         newCellQueries(t),
		choiceQueries:       newChoiceQueries(t),
		askedCellQueries:    newAskedCellQueries(t),
		caseDayQueries:      newCaseDayQueries(t),
		servedQueries:       newServedQueries(t),
	}
	q.savingQueries = newSavingQueries(t, q)
	q.all, q.boot = t.all, t.boot
	return q
}

// Texts are every statement of the store as a dialect spells it, for the tests that ask
// an engine how it would run them.
func Texts(d Dialect) []string { return newQueries(d).all }
