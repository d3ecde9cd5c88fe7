using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;

namespace FishCheckpoint.Durability.Power;

/// <summary>What a store and its backup may hold at each moment of a record, by what was acknowledged until then.</summary>
/// <param name="operationAt">The operation of a number.</param>
/// <param name="before">What the store held before.</param>
/// <param name="marks">The lines of the record.</param>
public sealed class PowerOracle(Func<int, Operation> operationAt, StoreModel before, IReadOnlyList<string> marks)
{
    private readonly Dictionary<int, Moment> moments = [];

    /// <summary>Compares a store with what it may hold.</summary>
    /// <param name="count">How many lines had been said.</param>
    /// <param name="lines">What the store holds.</param>
    /// <returns>The model that it is, or what is wrong.</returns>
    public (StoreModel? Found, IReadOnlyList<string> Wrong) Match(int count, IReadOnlyList<string> lines)
    {
        lock (moments)
        {
            var transcript = At(count).Transcript;
            transcript.Wrong.Clear();
            return (transcript.Match(lines), [.. transcript.Wrong]);
        }
    }

    /// <summary>Compares a backup with what it may hold.</summary>
    /// <param name="count">How many lines had been said.</param>
    /// <param name="lines">What the backup holds; <see langword="null"/>: there is none, or it says that it was not finished.</param>
    /// <returns>The model that it is, or what is wrong.</returns>
    public (StoreModel? Found, IReadOnlyList<string> Wrong) MatchBackup(int count, IReadOnlyList<string>? lines)
    {
        lock (moments)
        {
            var moment = At(count);
            var found = moment.Backups.Find(model => lines is not null && model.Lines().SequenceEqual(lines));
            return (found, lines is null ? moment.IsBackedUp ? ["the backup that was acknowledged is not there"] : []
                : found is not null ? [] : [$"the backup is none that was made: it holds [{string.Join("; ", lines)}]"]);
        }
    }

    /// <summary>What was wrong while the record was made.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (moments)
            {
                return [.. Take(marks.Count).Transcript.Wrong];
            }
        }
    }

    /// <summary>What was being done.</summary>
    public string DoingAt(int count)
    {
        lock (moments)
        {
            return At(count).Doing;
        }
    }

    private Moment At(int count)
    {
        if (!moments.TryGetValue(count, out var moment))
        {
            moments.Add(count, moment = Take(count));
        }

        return moment;
    }

    private Moment Take(int count)
    {
        var moment = new Moment(new Transcript(operationAt, before.Clone()));
        foreach (var line in marks.Take(count))
        {
            moment.Transcript.Take(line);
            if (line == "backup-begun")
            {
                moment.Backups.AddRange(moment.Transcript.Possible().Select(model => model.Clone()));
            }
            else if (line == "backup-made")
            {
                moment.Backups.RemoveRange(0, moment.Backups.Count - 1);
                moment.IsBackedUp = true;
            }
        }

        moment.Doing = moment.Transcript.Doing;
        return moment;
    }

    private sealed class Moment(Transcript transcript)
    {
        public Transcript Transcript => transcript;

        public string Doing { get; set; } = "";

        /// <summary>What the backup may hold: the one that is there, and the one that is being made.</summary>
        public List<StoreModel> Backups { get; } = [];

        public bool IsBackedUp { get; set; }
    }
}
