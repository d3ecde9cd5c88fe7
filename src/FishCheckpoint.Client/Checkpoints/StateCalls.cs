using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;

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

    /// <summary>Opens a state.</summary>
    /// <param name="task">The task.</param>
    /// <param name="step">The checkpoint.</param>
    /// <param name="verify">Asks the server what is damaged, when the answer ends early.</param>
    /// <param name="cancellation">Ends the opening.</param>
    public async Task<Stream> OpenAsync(
        string task, StepRef step, Func<CancellationToken, Task<VerifyResult>> verify, CancellationToken cancellation)
    {
        var body = new CheckedBody(server, PathOf(task, step), tag: null, new EarlyEnd(server, verify));
        try
        {
            await body.OpenAsync(cancellation);
            return new StateBody(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static string PathOf(string task, StepRef step) => $"{Routes.Checkpoint(task, step)}/state";
}
