> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> tap 2
> tap Skip
> say Stop.
= stopped
! why: Stop.
