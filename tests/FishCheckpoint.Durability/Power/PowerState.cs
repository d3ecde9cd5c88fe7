namespace FishCheckpoint.Durability.Power;

/// <summary>A loss of power: when, and what survives it.</summary>
/// <param name="Number">The number of the state.</param>
/// <param name="Calls">How many recorded calls were done.</param>
/// <param name="Seed">The seed of what survives.</param>
/// <param name="HasStaleIndex">Whether the index of the log, which processes share, holds anything.</param>
public sealed record PowerState(int Number, int Calls, int Seed, bool HasStaleIndex)
{
    /// <summary>Draws one: anywhere, right after something was said, or right before a sync.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="number">The number of the state.</param>
    /// <param name="events">The recorded calls.</param>
    public static PowerState Draw(int seed, int number, DiskEvent[] events)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        var calls = random.Next(events.Length);
        calls = random.Next(3) switch
        {
            0 => Mark(events, random) + 1,
            1 when Array.FindIndex(events, calls, call => call.Kind == DiskEventKind.Sync) is >= 0 and var sync => sync,
            _ => calls,
        };
        return new PowerState(number, calls, random.Next(), random.Next(8) == 0);
    }

    // Marks are few, writes many.
    private static int Mark(DiskEvent[] events, Random random)
    {
        var marks = Enumerable.Range(0, events.Length).Where(index => events[index].Kind == DiskEventKind.Mark).ToArray();
        return marks[random.Next(marks.Length)];
    }

    public SurvivalDraw ToDraw() => new(Seed);
}
