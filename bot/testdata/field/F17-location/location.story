# Of what the messenger reports (update.json), the bot makes this.
> invite Ann flow=one_tap_csat site=main-street service_name=Haircut
> start
> sends location 1.5, 2.5
= staff: 1.5, 2.5
> sends dice 🎲 5
= staff: 🎲 5
