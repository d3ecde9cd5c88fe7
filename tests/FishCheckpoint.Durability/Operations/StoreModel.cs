using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>What a store has to hold after some operations, in memory and without any of its machinery: the oracle.</summary>
public sealed class StoreModel
{
    /// <summary>
    /// The outcome of what is done and of what was done already; of a collection that let something go, with these: <c>done:a/3,b/5</c>.
    /// </summary>
    public const string Done = "done";

    private const int RecoveredSteps = 1000;

    private readonly SortedDictionary<string, int> bases = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ModelTask> tasks = new(StringComparer.Ordinal);
    private readonly List<(string Name, ModelTask Task)> deleted = [];

    /// <summary>Whether what is deleted from now on can be brought back.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>Bringing back all that is deleted, each to a place of its own.</summary>
    public IReadOnlyList<Operation> Recoveries
    {
        get
        {
            // Of tasks of one name the last comes back first, and so does it of checkpoints of one step.
            var (whole, recoveries) = (Clone(), new List<Operation>());
            void Do(Operation recovery)
            {
                recoveries.Add(recovery);
                whole.Apply(recovery);
            }

            deleted.Select(item => item.Name).Index().ToList()
                .ForEach(item => Do(new Operation(OperationKind.UndeleteTask, item.Item, Tag: $"{item.Item}-{item.Index}")));
            foreach (var (name, task) in whole.tasks.ToArray())
            {
                task.Deleted.ToArray().Index().ToList().ForEach(
                    item => Do(new Operation(OperationKind.Undelete, name, item.Item.Step, RecoveredSteps + item.Index)));
            }

            return recoveries;
        }
    }

    /// <summary>What is pinned, each as the operation that unpins it.</summary>
    public IReadOnlyList<Operation> Unpinnings =>
        [.. tasks.SelectMany(pair => pair.Value.Pinned, (pair, step) => new Operation(OperationKind.Unpin, pair.Key, step))];

    public StoreModel Clone()
    {
        var copy = new StoreModel();
        foreach (var (name, content) in bases)
        {
            copy.bases.Add(name, content);
        }

        foreach (var (name, task) in tasks)
        {
            copy.tasks.Add(name, task.Clone());
        }

        copy.deleted.AddRange(deleted.Select(item => (item.Name, item.Task.Clone())));
        copy.Keeps = Keeps;
        return copy;
    }

    /// <summary>Whether an outcome says that something was done.</summary>
    public static bool IsDone(string outcome) => outcome == Done || outcome.StartsWith(Done + ":", StringComparison.Ordinal);

    /// <summary>The outcome of a collection.</summary>
    public static string DoneWith(IEnumerable<(string Task, long Step)> gone) =>
        string.Join(',', gone.Select(step => $"{step.Task}/{step.Step}")) is { Length: > 0 } list ? $"{Done}:{list}" : Done;

    /// <summary>Does an operation.</summary>
    /// <param name="operation">What.</param>
    /// <param name="reported">How it ended, if that is known: a collection may have left one checkpoint of each task that no rule
    /// keeps.</param>
    /// <returns><see cref="Done"/>, or the code with which a store has to refuse it.</returns>
    public string Apply(Operation operation, string? reported = null) => operation switch
    {
        { Kind: OperationKind.AddBase } => AddBase(operation),
        { Kind: OperationKind.PutTask or OperationKind.Branch } => PutTask(operation),
        { Kind: OperationKind.Recode } or { Kind: OperationKind.Fold, Task: "" } => Done,
        { Kind: OperationKind.Collect }
            when operation.Task.Length == 0 || deleted.Exists(item => item.Name == operation.Task) => Collect(operation, reported),
        { Kind: OperationKind.RemoveBase } => RemoveBase(operation.Task),
        { Kind: OperationKind.UndeleteTask } => UndeleteTask(operation),
        _ when !tasks.ContainsKey(operation.Task) => Refused(ErrorCode.TaskNotFound),
        { Kind: OperationKind.DeleteTask } => DeleteTask(operation.Task),
        { Kind: OperationKind.Collect } => Collect(operation, reported),
        { IsSave: true } => Save(operation),
        _ => tasks[operation.Task].Apply(operation, Keeps),
    };

    /// <summary>
    /// What an operation may have made of this if its end was not reported: all that it was to do or, of a collection, that of the first
    /// few tasks.
    /// </summary>
    /// <param name="operation">What was begun.</param>
    /// <param name="foreseen">How a collection was to end; <see langword="null"/>: it had not begun.</param>
    public IEnumerable<StoreModel> After(Operation operation, string? foreseen = null)
    {
        var after = Clone();
        if (operation.Kind != OperationKind.Collect)
        {
            return after.Apply(operation) == Done ? [after] : [];
        }

        return foreseen is null || after.Apply(operation, foreseen) != foreseen ? [] : Prefixes(operation, StepsOf(foreseen));
    }

    /// <summary>Ends the grace of what is deleted.</summary>
    /// <param name="task">The name of a task, or of deleted ones; empty for all.</param>
    public void Forget(string task = "")
    {
        deleted.RemoveAll(item => task.Length == 0 || item.Name == task);
        tasks.Where(pair => task.Length == 0 || pair.Key == task).ToList().ForEach(pair => pair.Value.Forget());
    }

    /// <summary>Removes what no earlier program knows of: what could be brought back, and side files.</summary>
    public void ForgetLater()
    {
        Forget();
        tasks.Values.ToList().ForEach(task => task.ForgetFiles());
    }

    /// <summary>All that can be seen of it, a line each.</summary>
    public IReadOnlyList<string> Lines() =>
        [
            .. bases.Select(pair => $"base {pair.Key} {Contents.HashOfBase(pair.Value)}"),
            .. tasks.SelectMany(pair => pair.Value.Lines(pair.Key)),
            .. DeletedLines().Order(StringComparer.Ordinal),
        ];

    internal static string DeletedTaskLine(string task, long checkpoints) =>
        string.Create(CultureInfo.InvariantCulture, $"deleted task {task} {checkpoints}");

    internal static string DeletedLine(string task, bool withTask, long step, string state, double loss, IEnumerable<string> tags) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"deleted {task}{(withTask ? " with its task" : "")} {step} {state} {loss} {string.Join(',', tags)}");

    internal static string Refused(ErrorCode code) => ErrorCodes.NameOf(code);

    internal static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static string TaskLine(string name, string @base, string? description, long checkpoints, long? latest) =>
        string.Create(CultureInfo.InvariantCulture, $"task {name} {@base} '{description}' {checkpoints} {latest}");

    internal static string StepLine(
        string task, long step, string file, string state, string files, double loss, IEnumerable<string> tags, bool isPinned) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"step {task} {step} {file} {state} {files} {loss} {string.Join(',', tags)}{(isPinned ? " pinned" : "")}");

    internal static string FilesLine(IEnumerable<(string Name, byte[] Bytes)> files) =>
        Hash(Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{Hash(file.Bytes)} {file.Name}\n"))));

    private string AddBase(Operation operation)
    {
        if (bases.TryGetValue(operation.Task, out var content) && content != operation.Content)
        {
            return Refused(ErrorCode.BaseTaken);
        }

        bases[operation.Task] = operation.Content;
        return Done;
    }

    // The last name of a content goes with it, unless a task is on it, be it deleted.
    private string RemoveBase(string name)
    {
        if (!bases.TryGetValue(name, out var content))
        {
            return Refused(ErrorCode.BaseNotFound);
        }

        var isUsed = tasks.Keys.Concat(deleted.Select(item => item.Name))
            .Any(task => bases.GetValueOrDefault(Contents.BaseOf(task)) == content);
        if (isUsed && bases.Values.Count(other => other == content) == 1)
        {
            return Refused(ErrorCode.BaseInUse);
        }

        bases.Remove(name);
        return Done;
    }

    private string DeleteTask(string name)
    {
        var task = tasks[name];
        if (task.IsPinned)
        {
            return Refused(ErrorCode.CheckpointPinned);
        }

        tasks.Remove(name);
        if (Keeps)
        {
            deleted.Add((name, task));
        }

        return Done;
    }

    private string UndeleteTask(Operation operation)
    {
        var (found, name) =
            (deleted.FindLastIndex(item => item.Name == operation.Task), operation.Tag.Length == 0 ? operation.Task : operation.Tag);
        if (found < 0 || tasks.ContainsKey(name))
        {
            return Refused(found < 0 ? ErrorCode.TaskNotFound : ErrorCode.TaskTaken);
        }

        tasks.Add(name, deleted[found].Task);
        deleted.RemoveAt(found);
        return Done;
    }

    private IEnumerable<string> DeletedLines() => [
        .. deleted.Select(item => DeletedTaskLine(item.Name, item.Task.DeletedLines(item.Name, isWhole: true).Count())),
        .. deleted.SelectMany(item => item.Task.DeletedLines(item.Name, isWhole: true)),
            .. tasks.SelectMany(pair => pair.Value.DeletedLines(pair.Key, isWhole: false))];

    // A branch that is there does not look for what it started from.
    private string PutTask(Operation operation)
    {
        if (operation.Start is null && !bases.ContainsKey(Contents.BaseOf(operation.Task)))
        {
            return Refused(ErrorCode.BaseNotFound);
        }

        if (!tasks.TryGetValue(operation.Task, out var task))
        {
            var (origin, refusal) = operation.Start is { } start ? Find(start) : (Contents.BaseOfTask(operation.Task), "");
            if (origin is null)
            {
                return refusal;
            }

            tasks.Add(operation.Task, task = new ModelTask(operation.Start, origin));
        }
        else if (operation.Start is not null && operation.Start != task.Start)
        {
            return Refused(ErrorCode.TaskTaken);
        }

        task.Content = operation.Content;
        return Done;
    }

    private string Save(Operation save)
    {
        var task = tasks[save.Task];
        var (parent, refusal) = save.Parent switch
        {
            "" => (task.Origin, ""),
            "base" => (Contents.BaseOfTask(save.Task), ""),
            "previous" => (task.Before(save.Step) ?? task.Origin, ""),
            _ => FindFor(save.Task, save.Start!.Value),
        };
        return parent is null ? refusal : task.Save(save, Contents.ApplyTo(save, parent));
    }

    private (TestModel? Model, string Refusal) FindFor(string task, (string Task, long Step) at) =>
        tasks.ContainsKey(at.Task) && Contents.BaseOf(at.Task) != Contents.BaseOf(task)
        ? (null, Refused(ErrorCode.BaseMismatch)) : Find(at);

    private (TestModel? Model, string Refusal) Find((string Task, long Step) at) =>
        !tasks.TryGetValue(at.Task, out var task) ? (null, Refused(ErrorCode.TaskNotFound))
        : (task.At(at.Step), Refused(ErrorCode.CheckpointNotFound));

    // The parent of a task's latest stays with it, and only the store knows which that is: one of each task may stay that no rule keeps.
    private string Collect(Operation operation, string? reported)
    {
        var unkept = tasks.Where(task => operation.Task.Length == 0 || operation.Task == task.Key)
            .SelectMany(task => task.Value.Unkept(), (task, step) => (Task: task.Key, Step: step)).ToArray();
        var gone = reported is null ? unkept : [.. unkept.Intersect(StepsOf(reported))];
        if (unkept.Except(gone).GroupBy(step => step.Task, StringComparer.Ordinal).Any(left => left.Count() > 1))
        {
            return DoneWith(unkept);
        }

        foreach (var task in gone.GroupBy(step => step.Task, StringComparer.Ordinal))
        {
            tasks[task.Key].Collect(task.Select(step => step.Step), Keeps);
        }

        if (operation.IsFinal)
        {
            Forget(operation.Task);
        }

        return DoneWith(gone);
    }

    private IEnumerable<StoreModel> Prefixes(Operation operation, IReadOnlyList<(string Task, long Step)> gone)
    {
        var after = Clone();
        foreach (var task in gone.GroupBy(step => step.Task, StringComparer.Ordinal))
        {
            after.tasks[task.Key].Collect(task.Select(step => step.Step), Keeps);
            yield return after.Clone();
        }

        if (operation.IsFinal)
        {
            after.Forget(operation.Task);
            yield return after;
        }
    }

    private static (string Task, long Step)[] StepsOf(string outcome) =>
        [.. outcome.Split(':', ',').Skip(1).Select(step => step.Split('/'))
        .Select(step => (step[0], long.Parse(step[1], CultureInfo.InvariantCulture)))];
}
