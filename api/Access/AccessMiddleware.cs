using System.Net;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Hosting;
using FishCheckpoint.Api.Routing;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Lets a request through to its route if its key reaches so far. A key is asked for as soon as one was ever made, of whoever comes from
/// beyond loopback, and always where the settings say so.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next, FishSettings settings, Func<CheckpointStore> opened, IServiceProvider services)
{
    private const string Scheme = "Bearer ";

    // Its socket can be opened by the user of the data folder alone, who needs no key there either.
    private readonly bool isLocal = services.GetService<LocalSocket>() is not null;

    public async Task InvokeAsync(HttpContext context)
    {
        // What the framework itself answers (405, 415) is no route, and gives nothing of the store.
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
            throw Forbidden(key, $"This takes a key of the scope {Spelled(scope)}; this one has {Spelled(key.Scope)}.");
        }

        if (key.Tasks is not null && !await ReachesAsync(context, key, rule.Reach))
        {
            throw OutOfReach(key);
        }
    }

    /// <summary>A refusal of what a limited key does not reach, be it there or not.</summary>
    public static FishException OutOfReach(KeyInfo key) => Forbidden(key, "The key is limited to tasks, and this is none of theirs.");

    // Null where none is asked for.
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
                    ErrorCode.KeyRequired, context.Request.Path, "The server takes requests with a key only.",
                    "Send Authorization: Bearer TOKEN; 'fishckpt key add' on the data folder makes one.")
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

    // A page from elsewhere may give its own name the address of this machine; its browser then asks for that name.
    private static void RequireLoopbackName(string host)
    {
        if (host is not ("" or "localhost") && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
        {
            throw new FishException(
                ErrorCode.KeyForbidden, host.Length <= 128 ? host : host[..128],
                "A server without keys answers to the names of loopback only.",
                "Ask for 127.0.0.1 or localhost, or make a key (fishckpt key add).");
        }
    }

    // A page from elsewhere may send forms and simple requests to this machine, and need not read the answers to do harm. Browsers say
    // where a request comes from; other programs do not.
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
                "A page of another site sent this, and a server without keys takes changes from its own pages only.",
                "Use the server's own dashboard, or make a key (fishckpt key add).");
        }
    }

    // A Unix socket has no address, and is guarded by its file's permissions.
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

    // A task that the key does not reach hides a base of its name.
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
        new(ErrorCode.KeyForbidden, $"key {key.Name}", cause, "Use a key that reaches so far.");
}
