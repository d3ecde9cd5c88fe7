using System.Globalization;
using System.Security.Cryptography;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>What a store has to hold after some operations, in memory and without any of its machinery: the oracle.</summary>
public sealed class StoreModel
{
    /// <summary>The outcome of what is done and of what was done already.</summary>
    public const string Done = "done";

    private readonly SortedDictionary<string, int> bases = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ModelTask> tasks = new(StringComparer.Ordinal);

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

        return copy;
    }

    /// <summary>Does an operation.</summary>
    /// <returns><see cref="Done"/>, or the code with which a store has to refuse it.</returns>
    public string Apply(Operation operation) => operation.Kind switch
    {
        OperationKind.AddBase => AddBase(operation),
        OperationKind.PutTask => PutTask(operation),
        OperationKind.Recode => Done,
        _ when !tasks.ContainsKey(operation.Task) => Refused(ErrorCode.TaskNotFound),
        OperationKind.DeleteTask => tasks.Remove(operation.Task) ? Done : "",
        _ => tasks[operation.Task].Apply(operation),
    };

    /// <summary>All that can be seen of it, a line each.</summary>
    public IReadOnlyList<string> Lines() =>
        [.. bases.Select(pair => $"base {pair.Key} {Hash(Contents.Base(pair.Value).ToBytes())}"), .. tasks.SelectMany(pair => pair.Value.Lines(pair.Key))];

    internal static string Refused(ErrorCode code) => ErrorCodes.NameOf(code);

    internal static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static string TaskLine(string name, string @base, string? description, long checkpoints, long? latest) =>
        string.Create(CultureInfo.InvariantCulture, $"task {name} {@base} '{description}' {checkpoints} {latest}");

    internal static string StepLine(string task, long step, string file, string state, double loss, IEnumerable<string> tags) =>
        string.Create(CultureInfo.InvariantCulture, $"step {task} {step} {file} {state} {loss} {string.Join(',', tags)}");

    private string AddBase(Operation operation)
    {
        if (bases.TryGetValue(operation.Task, out var content) && content != operation.Content)
        {
            return Refused(ErrorCode.BaseTaken);
        }

        bases[operation.Task] = operation.Content;
        return Done;
    }

    private string PutTask(Operation operation)
    {
        if (!bases.ContainsKey(Contents.BaseOf(operation.Task)))
        {
            return Refused(ErrorCode.BaseNotFound);
        }

        if (!tasks.TryGetValue(operation.Task, out var task))
        {
            tasks.Add(operation.Task, task = new ModelTask());
        }

        task.Description = Contents.DescriptionOf(operation.Content);
        return Done;
    }
}
