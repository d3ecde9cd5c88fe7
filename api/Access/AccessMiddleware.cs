using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Hosting;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Checks that a request's key permits its route. Requests from beyond loopback need a key once any key was created; the settings can
/// require one for all requests.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next, FishSettings settings, Func<CheckpointStore> opened, IServiceProvider services)
{
    private const string Scheme = "Bearer ";

    // Only the data folder's user can open the local socket, and needs no key there.
    private readonly bool isLocal = services.GetService<LocalSocket>() is not null;

    public async Task InvokeAsync(HttpContext context)
    {
        // Responses of the framework itself (405, 415) belong to no route and reveal nothing about the store.
        if (context.GetEndpoint() is RouteEndpoint route)
        {
            await AdmitAsync(context, route.Metadata.GetMetadata<AccessRule>() ?? AccessRule.Undeclared);
        }

        await next(context);
    }

    private async Task AdmitAsync(HttpContext context, AccessRule rule)
    {
        if (rule.Scope is not { } scope)
        {
            return;
        }

        var known = Authenticate(context);
        if (context.GetEndpoint()?.Metadata.GetMetadata<LongAnswer>() is not null)
        {
            context.Features.Set<StillAdmitted>(() => IsStill(context, known));
        }

        if (known is not { } key)
        {
            return;
        }

        context.Features.Set(new RequestKey(key));
        if (key.Scope < scope)
        {
            throw Forbidden(key, $"This request needs a key of the scope {Spelled(scope)}; the key has {Spelled(key.Scope)}.");
        }

        if (key.Tasks is not null && !await ReachesAsync(context, key, rule.Reach))
        {
            throw OutOfReach(key);
        }
    }

    /// <summary>The error for an item outside a limited key's tasks, whether the item exists or not.</summary>
    public static FishException OutOfReach(KeyInfo key) =>
        Forbidden(key, "The key is limited to tasks, and this item belongs to none of them.");

    // Null if no key is needed.
    private KeyInfo? Authenticate(HttpContext context)
    {
        var (token, access) = (TokenOf(context.Request), opened().Access);
        if (token is not null && access.Authenticate(token) is { } key)
        {
            return key;
        }

        if (isLocal)
        {
            return null;
        }

        if (settings.Access.Required == KeysRequired.Always || !IsLoopback(context.Connection.LocalIpAddress) || access.HasKeys())
        {
            throw token is null
                ? new FishException(
                    ErrorCode.KeyRequired, context.Request.Path, "The server accepts only requests with a key.",
                    "Send Authorization: Bearer TOKEN; 'fishckpt key add' on the data folder creates one.")
                : new FishException(
                    ErrorCode.KeyInvalid, context.Request.Path, "The key is unknown, expired or revoked.",
                    "Ask for another one; 'fishckpt key ls' lists them.");
        }

        RequireLoopbackName(context.Request.Host.Host);
        RequireSameSite(context.Request);
        return null;
    }

    private bool IsStill(HttpContext context, KeyInfo? known)
    {
        try
        {
            return Authenticate(context)?.Id == known?.Id;
        }
        catch (FishException)
        {
            return false;
        }
    }

    private static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } field] && field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? field[Scheme.Length..].Trim() : null;

    // DNS rebinding: a foreign page may resolve its own name to this machine; its browser then sends that name as Host.
    private static void RequireLoopbackName(string host)
    {
        if (host is not ("" or "localhost") && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
        {
            throw new FishException(
                ErrorCode.KeyForbidden, host.Length <= 128 ? host : host[..128],
                "A server without keys accepts only loopback host names.",
                "Use 127.0.0.1 or localhost, or create a key (fishckpt key add).");
        }
    }

    // Cross-site request forgery: a foreign page can send forms and simple requests here without reading the responses. Browsers send the
    // origin of a request; other programs do not.
    private static void RequireSameSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return;
        }

        var (site, origin) = (request.Headers["Sec-Fetch-Site"].ToString(), request.Headers.Origin.ToString());
        if (site is not ("" or "same-origin" or "none") || (origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from)
                && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase))))
        {
            throw new FishException(
                ErrorCode.KeyForbidden, origin is { Length: > 0 and <= 128 } ? origin : "another site",
                "A page of another site sent this request; a server without keys accepts changes only from its own pages.",
                "Use the server's own dashboard, or create a key (fishckpt key add).");
        }
    }

    // A Unix socket has no address; its file's permissions protect it.
    private static bool IsLoopback(IPAddress? local) =>
        local is null || IPAddress.IsLoopback(local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local);

    private async Task<bool> ReachesAsync(HttpContext context, KeyInfo key, Reach reach) => reach switch
    {
        Reach.Nothing or Reach.List => true,
        Reach.Task => context.Request.RouteValues["task"] is string task && key.Reaches(task),
        Reach.Base => context.Request.RouteValues["name"] is string name && await opened().Access.ReachesBaseAsync(key, name),
        Reach.Repository => context.Request.RouteValues["task"] is string name && (key.Reaches(name)
            || await ReachesAsBaseAsync(key, name)),
        _ => false,
    };

    // If the key does not reach a task, a base of that name counts as unreachable too.
    private async Task<bool> ReachesAsBaseAsync(KeyInfo key, string name)
    {
        try
        {
            await opened().Tasks.GetAsync(name);
            return false;
        }
        catch (FishException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Invalid)
        {
            return error.Kind == ErrorKind.NotFound && await opened().Access.ReachesBaseAsync(key, name);
        }
    }

    private static string Spelled(KeyScope scope) => $"{scope}".ToLowerInvariant();

    private static FishException Forbidden(KeyInfo key, string cause) =>
        new(ErrorCode.KeyForbidden, $"key {key.Name}", cause, "Use a key with this permission.");
}
