# As the author wrote it: the checker names both words, see right.txt.
> flow flow.yaml
> invite Ann flow=f site=main-street service_name=Haircut
> start
> tap 4
> say 3
! customer: {n1}
