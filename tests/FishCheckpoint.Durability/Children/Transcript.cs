using FishCheckpoint.Durability.Operations;

namespace FishCheckpoint.Durability.Children;

/// <summary>What a child has said, and what a store may hold after that: the oracle outside of it.</summary>
public sealed class Transcript
{
    /// <summary>How an operation ended that ran out of memory.</summary>
    public const string NoMemory = "NO_MEMORY";

    private const string DiskRefusal = "STORAGE_UNAVAILABLE";

    private readonly Func<int, Operation> operationAt;
    private List<StoreModel> possible;

    // What a commit that the disk refused makes of the store if it is found in the log after a crash: until another commit has taken its
    // place.
    private List<StoreModel> haunting = [];
    private Operation? begun;
    private string? foreseen;

    /// <param name="operationAt">The operation of a number.</param>
    /// <param name="before">What the store held before.</param>
    public Transcript(Func<int, Operation> operationAt, StoreModel before) => (this.operationAt, possible) = (operationAt, [before]);

    /// <summary>
    /// What it is doing: <c>starting</c>, <c>opening</c>, a kind of operation, <c>planning</c> what is to be collected, <c>idle</c>,
    /// <c>closing</c>, or <c>closed</c>.
    /// </summary>
    public string Doing { get; private set; } = "starting";

    /// <summary>The number of the next operation.</summary>
    public int Next { get; private set; }

    /// <summary>Operations whose end it has reported.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Operations that were refused because the disk was.</summary>
    public int DiskRefusals { get; private set; }

    /// <summary>Operations that ran out of memory.</summary>
    public int MemoryRefusals { get; private set; }

    /// <summary>
    /// The file whose sync was made to fail, and what waited for it; not the data folder, whose sync SQLite does not wait for.
    /// </summary>
    public string? SyncFailed { get; private set; }

    /// <summary>What it says that no store may.</summary>
    public List<string> Wrong { get; } = [];

    public void Take(string line)
    {
        var words = line.Split(' ', 4);
        switch (words[0])
        {
            case "begin":
                begun = operationAt(int.Parse(words[1]));
                Doing = begun.Kind == OperationKind.Collect ? "planning" : begun.Kind.ToString();
                Next = int.Parse(words[1]) + 1;
                break;
            case "foreseen":
                (foreseen, Doing) = (words[2], begun!.Kind.ToString());
                break;
            case "end":
                End(words[2]);
                break;
            case "failed":
                SyncFailed = words[1] == "sync" && words[2] != "." && Doing is not ("closing" or "closed")
                    ? $"{words[2]}, while {Doing}," : null;
                break;
            case "refused" when words[1] == DiskRefusal:
                DiskRefusals++;
                break;
            case "refused" or "crashed":
                Wrong.Add($"while {Doing}: {line}");
                break;
            default:
                Doing = words[0] == "opened" ? "idle" : words[0];
                break;
        }
    }

    /// <summary>What the store holds of what it may hold.</summary>
    /// <param name="lines">What was found.</param>
    /// <returns>The one of the models that the store is; <see langword="null"/> and a line in <see cref="Wrong"/>: none.</returns>
    public StoreModel? Match(IReadOnlyList<string> lines)
    {
        Open();
        if (possible.Concat(haunting).FirstOrDefault(model => model.Lines().SequenceEqual(lines)) is { } found)
        {
            return found;
        }

        var nearest = possible.Select(model => model.Lines()).MinBy(model => model.Except(lines).Count() + lines.Except(model).Count())!;
        Wrong.Add(
            $"after {Doing} ({begun}): missing: [{string.Join("; ", nearest.Except(lines))}], there instead: "
            + $"[{string.Join("; ", lines.Except(nearest))}]");
        return null;
    }

    /// <summary>What the store may hold.</summary>
    public IReadOnlyList<StoreModel> Possible()
    {
        Open();
        return possible;
    }

    // Refused because of the disk or for lack of memory, or not reported: absent or complete.
    private void Open()
    {
        if (begun is null)
        {
            return;
        }

        foreach (var after in possible.ToArray().SelectMany(model => model.After(begun, foreseen)))
        {
            Add(possible, after);
            Add(haunting, after);
        }

        (begun, foreseen) = (null, null);
    }

    private void End(string outcome)
    {
        Acknowledged++;
        if (outcome is DiskRefusal or NoMemory)
        {
            (DiskRefusals, MemoryRefusals) = outcome == NoMemory ? (DiskRefusals, MemoryRefusals + 1) : (DiskRefusals + 1, MemoryRefusals);
            Open();
        }
        else
        {
            var agreeing = new List<StoreModel>();
            foreach (var model in possible)
            {
                var after = model.Clone();
                if (after.Apply(begun!, outcome) == outcome)
                {
                    Add(agreeing, after);
                }
            }

            if (foreseen is not null && foreseen != outcome)
            {
                Wrong.Add($"{begun} ended with {outcome}; {foreseen} was foreseen");
            }

            if (agreeing.Count == 0)
            {
                Wrong.Add(
                    $"{begun} ended with {outcome}; expected "
                    + $"{string.Join(" or ", possible.Select(model => model.Clone().Apply(begun!)).Distinct(StringComparer.Ordinal))}");
            }

            haunting = StoreModel.IsDone(outcome) && Writes(agreeing) ? [] : haunting;
            possible = agreeing.Count == 0 ? possible : agreeing;
        }

        (begun, foreseen, Doing) = (null, null, "idle");
    }

    private bool Writes(List<StoreModel> after) => begun!.Kind == OperationKind.PutTask
        || !possible.Exists(before => after.Exists(model => model.Lines().SequenceEqual(before.Lines())));

    private static void Add(List<StoreModel> models, StoreModel model)
    {
        var lines = model.Lines();
        if (!models.Exists(other => other.Lines().SequenceEqual(lines)))
        {
            models.Add(model);
        }
    }
}
