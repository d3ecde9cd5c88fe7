using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Http;

/// <summary>
/// The paths of the API, relative to the server's address. Names are validated here, so that none leaves its path segment.
/// </summary>
internal static class Routes
{
    public const string Bases = "v1/bases";

    public const string Tasks = "v1/tasks";

    public const string Ready = "readyz";

    public const string Recode = "v1/maintenance/recode";

    public const string Keys = "v1/keys";

    public const string Audit = "v1/audit";

    public const string Verify = "v1/maintenance/verify";

    public const string Damage = "v1/maintenance/damage";

    public const string Backup = "v1/maintenance/backup";

    public const string Fold = "v1/maintenance/fold";

    public static string Base(string nameOrId) => $"{Bases}/{Names.Check(nameOrId, "base")}";

    public static string Task(string task) => $"{Tasks}/{Names.Check(task, "task")}";

    public const string DeletedTasks = "v1/deleted/tasks";

    public static string Deleted(string task) => $"{Task(task)}/deleted";

    public static string Undelete(string task) => $"{Task(task)}/undelete";

    public static string Undelete(string task, long step) => $"{Checkpoint(task, StepRef.At(step))}/undelete";

    public static string Start(string task) => $"{Task(task)}/start";

    public static string Events(string task, long? after) =>
        string.Create(CultureInfo.InvariantCulture, $"{Task(task)}/events{(after is null ? "" : "?after=")}{after}");

    public static string Quota(string task) => $"{Task(task)}/quota";

    public static string Key(string nameOrId) => $"{Keys}/{Names.Check(nameOrId, "key")}";

    public static string Checkpoints(string task) => $"{Task(task)}/checkpoints";

    public static string Checkpoint(string task, StepRef step) => $"{Checkpoints(task)}/{step}";

    public static string Pin(string task, StepRef step) => $"{Checkpoint(task, step)}/pin";

    public static string Collect(CollectOptions options)
    {
        var path = $"v1/gc?dryRun={(options.DryRun ? "true" : "false")}{(options.Now ? "&now=true" : "")}";
        path += options.Task is { } task ? $"&task={Names.Check(task, "task")}" : "";
        return path + (options.MaxTime is { } time ? string.Create(CultureInfo.InvariantCulture, $"&maxTime={time.TotalSeconds}") : "");
    }

    public static string Tag(string task, string tag) => $"{Task(task)}/tags/{Names.CheckTag(tag)}";

    public static string BaseReport(string nameOrId) => $"{Base(nameOrId)}/reports/storage";

    public static string TensorReport(string task) => $"{Task(task)}/reports/tensors";

    public static string Growth(GrowthRequest request)
    {
        var bucket = request.Bucket switch { GrowthBucket.Week => "week", GrowthBucket.Month => "month", _ => "day" };
        return string.Concat(
            $"v1/reports/growth?bucket={bucket}", Field("task", request.Task), Field("base", request.Base),
            Field("from", request.From?.ToString("O", CultureInfo.InvariantCulture)),
            Field("to", request.To?.ToString("O", CultureInfo.InvariantCulture)));

        static string Field(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    public static string Report(string? task) => task is null ? "v1/reports/storage" : $"{Task(task)}/reports/storage";

    /// <summary>A file of a base or checkpoint.</summary>
    public static string File(string model, string file) =>
        file == ModelFiles.SingleFileName ? $"{model}/{file}" : $"{model}/files/{Names.CheckFilePath(file)}";

    public static string Page(string path, PageRequest page) =>
        $"{path}?limit={page.Limit}{(page.After is null ? "" : $"&after={Uri.EscapeDataString(page.After)}")}"
        + $"{(page.Descending ? "&order=descending" : "")}";

    public static string Timeline(string task, TimelineRequest request) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Task(task)}/reports/timeline?points={request.Points}{(request.From is null ? "" : "&from=")}{request.From}"
        + $"{(request.To is null ? "" : "&to=")}{request.To}");

    public static string Changes(string task, StepRef to, StateRef from) => $"{Checkpoint(task, to)}/diff?from={from}";
}
