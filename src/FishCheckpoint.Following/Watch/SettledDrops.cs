namespace FishCheckpoint.Following.Watch;

/// <summary>
/// Finds versions that have not changed for long enough. It uses a monotonic clock, because file times can have any value.
/// </summary>
/// <param name="settle">How long.</param>
/// <param name="time">The clock.</param>
internal sealed class SettledDrops(TimeSpan settle, TimeProvider time)
{
    private readonly Dictionary<string, (string Look, long Since)> seen = new(StringComparer.Ordinal);

    /// <summary>Records the current metadata of all versions.</summary>
    public void See(IReadOnlyList<Drop> drops)
    {
        var now = time.GetTimestamp();
        foreach (var gone in seen.Keys.Except(drops.Select(drop => drop.Name), StringComparer.Ordinal).ToArray())
        {
            seen.Remove(gone);
        }

        foreach (var drop in drops)
        {
            if (!seen.TryGetValue(drop.Name, out var before) || before.Look != drop.Look)
            {
                seen[drop.Name] = (drop.Look, now);
            }
        }
    }

    /// <summary>Whether a version has not changed for long enough.</summary>
    public bool IsSettled(Drop drop) => time.GetElapsedTime(seen[drop.Name].Since) >= settle;
}
