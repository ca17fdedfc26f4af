> flow flow.yaml
> invite Ann flow=e1_nps site=main-street service_name=Haircut
> start
> tap 3
= customer: What did we get wrong
> say The queue
= disappoint: The queue
