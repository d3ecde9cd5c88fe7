using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Tasks;

/// <summary>The routes of tasks.</summary>
internal sealed class TaskCalls(FishHttp server) : ITasks
{
    public Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellationToken = default) =>
        server.SaveAsync<TaskInfo>(
            Routes.Task(task), JsonContent.Create(spec, options: FishJson.Options), prepare: null, cancellationToken);

    public Task<TaskInfo> GetAsync(string task, CancellationToken cancellationToken = default) =>
        server.JsonAsync<TaskInfo>(HttpMethod.Get, Routes.Task(task), cancellationToken);

    public AsyncPageable<TaskInfo> ListAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<TaskInfo>(Routes.Tasks, page, cancellationToken);

    public Task DeleteAsync(string task, CancellationToken cancellationToken = default) =>
        server.DoneAsync(HttpMethod.Delete, Routes.Task(task), content: null, cancellationToken);

    public Task<TaskInfo> ChangeAsync(
        string task, JsonElement patch, bool dryRun = false, CancellationToken cancellationToken = default) => server.JsonAsync<TaskInfo>(
        HttpMethod.Patch, $"{Routes.Task(task)}?dryRun={(dryRun ? "true" : "false")}", cancellationToken,
        JsonContent.Create(patch, new MediaTypeHeaderValue("application/merge-patch+json"), FishJson.Options));

    public AsyncPageable<DeletedTask> ListDeletedAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<DeletedTask>(Routes.DeletedTasks, page, cancellationToken);

    public Task<TaskInfo> UndeleteAsync(
        string task, string? asTask = null, CancellationToken cancellationToken = default) => server.JsonAsync<TaskInfo>(
        HttpMethod.Post, Routes.Undelete(task), cancellationToken, JsonContent.Create(new TaskName(asTask), options: FishJson.Options));

    private sealed record TaskName(string? As);
}
