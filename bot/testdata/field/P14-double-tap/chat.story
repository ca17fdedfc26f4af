> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> tap 1
> again
= overall: 1
= said: That is already your answer.
