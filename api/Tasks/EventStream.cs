using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Tasks;

/// <summary>Sends events as they happen, with occasional comments so that both sides notice a dead connection.</summary>
/// <param name="follow">Starts the events.</param>
/// <param name="admitted">Checked before each event and comment: <see langword="false"/> ends the stream. <see langword="null"/>: no
/// check.</param>
/// <param name="time">The clock for heartbeats.</param>
/// <param name="stopping">Ends the stream; the client reconnects with its last event id.</param>
// The framework's ServerSentEvents result sends no comments, so it would not notice a dead silent connection.
internal sealed class EventStream(
    Func<CancellationToken, IAsyncEnumerable<TaskEvent>> follow, StillAdmitted? admitted, TimeProvider time,
    CancellationToken stopping) : IResult
{
    public const string MediaType = "text/event-stream";

    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";

        // Otherwise proxies that buffer whole responses would never forward it.
        response.Headers["X-Accel-Buffering"] = "no";
        if (httpContext.IsHead())
        {
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        var waiting = Channel.CreateBounded<TaskEvent>(1);
        var reading = ReadAsync(waiting.Writer, ends.Token);
        try
        {
            await WriteAsync(response, "retry: 1000\n\n", ends.Token);
            await SendAsync(response, waiting.Reader, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The client disconnected, or the server stops.
        }
        finally
        {
            await ends.CancelAsync();
            await reading;
        }
    }

    private async Task SendAsync(HttpResponse response, ChannelReader<TaskEvent> events, CancellationToken end)
    {
        while (true)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(end);
            using var timer = time.CreateTimer(_ => silence.Cancel(), null, LongestSilence, Timeout.InfiniteTimeSpan);
            try
            {
                if (!await events.WaitToReadAsync(silence.Token))
                {
                    return;
                }
            }
            catch (OperationCanceledException) when (!end.IsCancellationRequested)
            {
                if (admitted?.Invoke() == false)
                {
                    return;
                }

                await WriteAsync(response, ":\n\n", end);
                continue;
            }

            while (events.TryRead(out var happened))
            {
                if (admitted?.Invoke() == false)
                {
                    return;
                }

                await WriteAsync(response, Format(happened), end);
            }
        }
    }

    private async Task ReadAsync(ChannelWriter<TaskEvent> events, CancellationToken end)
    {
        try
        {
            await foreach (var happened in follow(end))
            {
                await events.WriteAsync(happened, end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Canceled as intended.
        }
        finally
        {
            events.TryComplete();
        }
    }

    private static string Format(TaskEvent happened) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"id: {happened.Id}\nevent: {FishJson.NameOf(happened.Kind)}\ndata: {JsonSerializer.Serialize(happened, FishJson.Options)}\n\n");

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken end)
    {
        await response.WriteAsync(text, Encoding.UTF8, end);
        await response.Body.FlushAsync(end);
    }
}
