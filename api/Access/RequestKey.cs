using FishCheckpoint.Access;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>The validated key of a request.</summary>
internal sealed record RequestKey(KeyInfo Key);

/// <summary>
/// Whether an admitted request would still be admitted: its key may have been revoked or have expired. For long responses.
/// </summary>
internal delegate bool StillAdmitted();

/// <summary>The caller of a request.</summary>
internal static class RequestCallers
{
    /// <summary>The request's key; <see langword="null"/> if the server needs none.</summary>
    public static KeyInfo? Key(this HttpContext context) => context.Features.Get<RequestKey>()?.Key;

    /// <summary>Refuses a request whose key does not reach a task in its query or body.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyForbidden"/>.</exception>
    public static void RequireReach(this HttpContext context, string? task)
    {
        if (task is not null && context.Key() is { Tasks: not null } key && !key.Reaches(task))
        {
            throw AccessMiddleware.OutOfReach(key);
        }
    }

    /// <summary>Refuses a request whose key does not reach a base in its query or body, whether the base exists or not.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyForbidden"/>.</exception>
    public static async Task RequireReachOfBaseAsync(this HttpContext context, string? nameOrId)
    {
        if (nameOrId is not null && context.Key() is { Tasks: not null } key
            && !await context.RequestServices.GetRequiredService<Func<CheckpointStore>>()().Access.ReachesBaseAsync(key, nameOrId))
        {
            throw AccessMiddleware.OutOfReach(key);
        }
    }

    /// <summary>The caller, in the audit log's form.</summary>
    /// <param name="context">The request; <see langword="null"/> if there is none.</param>
    public static Caller CallerOf(HttpContext? context)
    {
        if (context is null)
        {
            return Caller.Server;
        }

        var (key, address) = (context.Key(), context.Connection.RemoteIpAddress?.ToString());
        return key is null ? new Caller("anonymous", null, address) : new Caller(key.Name, key.Id, address, key.Tasks is not null);
    }
}
