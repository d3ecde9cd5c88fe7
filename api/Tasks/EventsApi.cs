using System.Globalization;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Documents;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Tasks;

/// <summary>The route that tells what happens to a task's checkpoints, as server-sent events (WHATWG HTML, "Server-sent events").</summary>
internal static class EventsApi
{
    private const string LastEventId = "Last-Event-ID";

    public static void MapEvents(this RouteGroupBuilder group) =>
        group.MapGet("/{task}/events", GetAsync).Needs(KeyScope.Read, Reach.Task).WithMetadata(LongAnswer.Instance)
            .GivesBytes(EventStream.MediaType)
            .TakesHeader(LastEventId, "The id of the last known event; only later ones are sent. Or the query ?after=.")
            .WithSummary("Send the events of the task's checkpoints as they happen, as server-sent events");

    private static async Task<EventStream> GetAsync(
        string task, string? after, HttpRequest request, ITasks tasks, IEvents events, IHostApplicationLifetime lifetime, TimeProvider time,
        CancellationToken cancellation)
    {
        // Refused before the answer begins: afterwards there is no status to say it with.
        await tasks.GetAsync(task, cancellation);
        var known = (request.Headers[LastEventId].ToString() is { Length: > 0 } last ? last : after) is { } id ? Parse(id) : (long?)null;
        return new EventStream(token =>
            events.FollowAsync(task, known, token), request.HttpContext.Features.Get<StillAdmitted>(), time, lifetime.ApplicationStopping);
    }

    private static long Parse(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FishException(
        ErrorCode.RequestInvalid, LastEventId, "This is no id of an event.", "Send the id of the last event that came, or leave it out.");
}
