using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The routes of trainer states.</summary>
internal sealed class StateCalls(FishHttp server)
{
    public Task<Saved<StateInfo>> PutAsync(string task, StepRef step, Stream content, CancellationToken cancellation)
    {
        long? length = content.CanSeek ? content.Length - content.Position : null;
        var body = new StreamedContent(Bodies.Bytes, (target, stop) => content.CopyToAsync(target, 1 << 17, stop), length);
        return server.SaveAsync<StateInfo>(PathOf(task, step), body, prepare: null, cancellation);
    }

    public async Task<Stream> OpenAsync(string task, StepRef step, CancellationToken cancellation)
    {
        // The stream ends the response when it is disposed.
        var response = await server.SendAsync(HttpMethod.Get, PathOf(task, step), cancellation: cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    private static string PathOf(string task, StepRef step) => $"{Routes.Checkpoint(task, step)}/state";
}
