using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Http;

/// <summary>The paths of the API, relative to the server's address. Names are checked here, so that none can climb out of its segment.</summary>
internal static class Routes
{
    public const string Bases = "v1/bases";

    public const string Tasks = "v1/tasks";

    public const string Recode = "v1/maintenance/recode";

    public static string Base(string nameOrId) => $"{Bases}/{Names.Check(nameOrId, "base")}";

    public static string Task(string task) => $"{Tasks}/{Names.Check(task, "task")}";

    public static string Checkpoints(string task) => $"{Task(task)}/checkpoints";

    public static string Checkpoint(string task, StepRef step) => $"{Checkpoints(task)}/{step}";

    public static string Tag(string task, string tag) => $"{Task(task)}/tags/{Names.CheckTag(tag)}";

    public static string BaseReport(string nameOrId) => $"{Base(nameOrId)}/reports/storage";

    public static string TensorReport(string task) => $"{Task(task)}/reports/tensors";

    public static string Growth(GrowthRequest request)
    {
        var bucket = request.Bucket switch { GrowthBucket.Week => "week", GrowthBucket.Month => "month", _ => "day" };
        return string.Concat(
            $"v1/reports/growth?bucket={bucket}", Field("task", request.Task), Field("base", request.Base),
            Field("from", request.From?.ToString("O", CultureInfo.InvariantCulture)), Field("to", request.To?.ToString("O", CultureInfo.InvariantCulture)));

        static string Field(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    public static string Report(string? task) => task is null ? "v1/reports/storage" : $"{Task(task)}/reports/storage";

    /// <summary>A file of a base or checkpoint.</summary>
    public static string File(string model, string file) =>
        file == ModelFiles.SingleFileName ? $"{model}/{file}" : $"{model}/files/{Names.CheckFile(file)}";

    public static string Page(string path, PageRequest page) =>
        page.After is null ? $"{path}?limit={page.Limit}" : $"{path}?limit={page.Limit}&after={Uri.EscapeDataString(page.After)}";
}
