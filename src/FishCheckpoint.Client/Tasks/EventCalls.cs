using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Tasks;

/// <summary>The route of a task's events.</summary>
internal sealed class EventCalls(FishHttp server) : IEvents
{
    // The server sends a heartbeat every fifteen seconds.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    /// <summary>The events of one connection.</summary>
    public async IAsyncEnumerable<TaskEvent> FollowAsync(
        string task, long? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await server.SendAsync(
            HttpMethod.Get, Routes.Events(task, after), wait: LongestSilence, cancellation: cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(body, (_, data) => JsonSerializer.Deserialize<TaskEvent>(data, FishJson.Options)!)
            .EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events, cancellationToken))
        {
            var happened = events.Current.Data;
            yield return happened;
            if (happened is { Kind: TaskEventKind.Deleted, Step: null })
            {
                yield break;
            }
        }

        throw server.Unavailable(new EndOfStreamException("The event stream ended."));
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<SseItem<TaskEvent>> events, CancellationToken cancellation)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception error)
            when (!cancellation.IsCancellationRequested && error is IOException or HttpRequestException or JsonException)
        {
            throw server.Unavailable(error);
        }
    }
}
