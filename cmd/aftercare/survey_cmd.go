package main

// surveyCmd groups the commands that work with survey flows.
type surveyCmd struct{}
