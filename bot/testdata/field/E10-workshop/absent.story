> flow flow.yaml
> invite Ann flow=e10_workshop site=main-street service_name=Haircut
> start
> tap No
= customer: Then there is nothing more to ask. Thank you!
! customer: How clear was it?
