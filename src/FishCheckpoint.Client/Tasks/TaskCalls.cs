using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;

namespace FishCheckpoint.Client.Tasks;

/// <summary>The routes of tasks and their tags.</summary>
internal sealed class TaskCalls(FishHttp server)
{
    public Task<Saved<TaskInfo>> PutAsync(string task, TaskSpec spec, CancellationToken cancellation) =>
        server.SaveAsync<TaskInfo>(Routes.Task(task), JsonContent.Create(spec, options: FishJson.Options), prepare: null, cancellation);

    public Task<TaskInfo> GetAsync(string task, CancellationToken cancellation) =>
        server.JsonAsync<TaskInfo>(HttpMethod.Get, Routes.Task(task), cancellation);

    public Task<Page<TaskInfo>> ListAsync(PageRequest page, CancellationToken cancellation) =>
        server.JsonAsync<Page<TaskInfo>>(HttpMethod.Get, Routes.Page(Routes.Tasks, page), cancellation);

    public Task DeleteAsync(string task, CancellationToken cancellation) =>
        server.DoneAsync(HttpMethod.Delete, Routes.Task(task), content: null, cancellation);

    public Task<TaskInfo> ChangeAsync(string task, JsonElement patch, bool dryRun, CancellationToken cancellation) => server.JsonAsync<TaskInfo>(
        HttpMethod.Patch, $"{Routes.Task(task)}?dryRun={(dryRun ? "true" : "false")}", cancellation,
        JsonContent.Create(patch, new MediaTypeHeaderValue("application/merge-patch+json"), FishJson.Options));

    public Task<Page<DeletedTask>> ListDeletedAsync(PageRequest page, CancellationToken cancellation) =>
        server.JsonAsync<Page<DeletedTask>>(HttpMethod.Get, Routes.Page(Routes.DeletedTasks, page), cancellation);

    public Task<TaskInfo> UndeleteAsync(string task, string? asTask, CancellationToken cancellation) => server.JsonAsync<TaskInfo>(
        HttpMethod.Post, Routes.Undelete(task), cancellation, JsonContent.Create(new TaskName(asTask), options: FishJson.Options));

    public async Task<IModelReader> OpenStartAsync(string task, CancellationToken cancellation) =>
        await RemoteModelReader.OpenAsync(server, Routes.Start(task), verify: null, cancellation);

    /// <summary>Tags a step; a word or another tag is resolved first.</summary>
    public async Task SetTagAsync(string task, string tag, StepRef step, CancellationToken cancellation)
    {
        var route = Routes.Tag(task, tag);
        var number = step.Step
            ?? (await server.JsonAsync<CheckpointInfo>(HttpMethod.Get, Routes.Checkpoint(task, step), cancellation)).Step;
        await server.DoneAsync(HttpMethod.Put, route, JsonContent.Create(new TagTarget(number), options: FishJson.Options), cancellation);
    }

    public Task RemoveTagAsync(string task, string tag, CancellationToken cancellation) =>
        server.DoneAsync(HttpMethod.Delete, Routes.Tag(task, tag), content: null, cancellation);

    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellation) =>
        server.DoneAsync(pinned ? HttpMethod.Put : HttpMethod.Delete, Routes.Pin(task, step), content: null, cancellation);

    private sealed record TagTarget(long Step);

    private sealed record TaskName(string? As);
}
