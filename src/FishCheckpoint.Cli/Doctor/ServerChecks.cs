using System.Net;
using System.Text.Json;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>Checks a server with requests that change nothing.</summary>
internal sealed class ServerChecks(Machine machine, Uri server, FishClientOptions options)
{
    private const string VersionHeader = "Fish-Version";
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SoonOver = TimeSpan.FromDays(14);

    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellation)
    {
        HttpClient http;
        try
        {
            http = machine.Connect(server, options);
        }
        catch (FishException error)
        {
            return [Check.Fail("server", error.Cause, error.Hint, error.Kind)];
        }

        using (http)
        {
            var alive = await AskAsync(http, "/healthz", cancellation);
            var checks = new List<Check>();
            if (alive is not { Response: { } response })
            {
                checks.Add(Check.Fail("server", $"{server} cannot be reached: {alive.Problem}", AdviceOn(alive.Problem!)));
                checks.AddRange(await CertificateAsync(cancellation));
                return checks;
            }

            checks.Add(response.IsSuccessStatusCode ? Check.Ok("server", $"{server} answers in {alive.Time.TotalMilliseconds:N1} ms")
                : Check.Fail("server", $"{server} answers {(int)response.StatusCode}",
                    "Check that the URL is of a FishCheckpoint server, and check any proxy in front of it."));
            if (response.IsSuccessStatusCode)
            {
                checks.Add(Version(response));
                checks.Add(Skew(response));
                checks.Add(await ReadyAsync(http, cancellation));
                checks.AddRange(await KeyAsync(http, cancellation));
                checks.AddRange(await StoreAsync(http, cancellation));
            }

            checks.AddRange(await CertificateAsync(cancellation));
            return checks;
        }
    }

    private static string AdviceOn(string problem) =>
        problem.Contains("SSL", StringComparison.Ordinal) || problem.Contains("certificate", StringComparison.OrdinalIgnoreCase)
        ? "The server's certificate is not trusted. Name the authority with --ca or FISH_CA, and check the host name."
        : $"Check the URL, that the server runs ('{ProgramInfo.Name} serve'), and firewalls and proxies in between.";

    private async Task<(HttpResponseMessage? Response, TimeSpan Time, string? Problem)> AskAsync(
        HttpClient http, string route, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(machine.ServerPatience);
        try
        {
            // The first request also connects, so the second one is timed.
            using (await http.GetAsync(route, patience.Token))
            {
            }

            var began = machine.Time.GetTimestamp();
            var response = await http.GetAsync(route, patience.Token);
            return (response, machine.Time.GetElapsedTime(began), null);
        }
        catch (HttpRequestException error)
        {
            return (null, default, error.InnerException?.Message ?? error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, default, $"no answer within {machine.ServerPatience.TotalSeconds:N0} s");
        }
    }

    private Check Version(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues(VersionHeader, out var values))
        {
            return Check.Warn("server version", "not reported",
                "The server is an older version, or not a FishCheckpoint server. Use the same version on both sides.");
        }

        var (theirs, own) = (string.Concat(values), machine.Version.Split('+')[0]);
        return theirs == own ? Check.Ok("server version", theirs)
            : Check.Warn("server version", $"{theirs}; this program is {own}",
                "Use the same version on both sides: each refuses what it does not support.");
    }

    private Check Skew(HttpResponseMessage response)
    {
        if (response.Headers.Date is not { } theirs)
        {
            return Check.Ok("server clock", "not reported");
        }

        var skew = theirs - machine.Time.GetUtcNow();
        return skew.Duration() <= MaxSkew ? Check.Ok("server clock", "within 30 seconds of this machine's")
            : Check.Warn(
                "server clock", $"{skew.Duration():d\\.hh\\:mm\\:ss} {(skew > TimeSpan.Zero ? "ahead of" : "behind")} this machine's",
                "Set the wrong clock: keys and retention use the server's.");
    }

    private async Task<Check> ReadyAsync(HttpClient http, CancellationToken cancellation)
    {
        var ready = await AskAsync(http, "/readyz", cancellation);
        if (ready.Response is not { } response)
        {
            return Check.Fail("server store", ready.Problem!, "Check the server's log.");
        }

        var text = (await response.Content.ReadAsStringAsync(cancellation)).Trim();
        return !response.IsSuccessStatusCode
            ? Check.Fail("server store", CauseOf(text), $"Run '{ProgramInfo.Name} doctor' on the server's machine, and check its log.")
            : text.Contains("damage", StringComparison.Ordinal)
                ? Check.Warn(
                    "server store", text,
                    $"'{ProgramInfo.Name} verify' shows what is affected, and docs/guides/backup-and-repair.md what to do.")
            : Check.Ok("server store", text);
    }

    private async Task<IEnumerable<Check>> KeyAsync(HttpClient http, CancellationToken cancellation)
    {
        var given = options.Key is not null;
        if (given && server is { Scheme: "http", IsLoopback: false })
        {
            return [.. await ScopeAsync(http, given, cancellation),
                Check.Warn("transport", "the key goes to another machine unencrypted", "Use https; docs/guides/access.md shows how.")];
        }

        return await ScopeAsync(http, given, cancellation);
    }

    private async Task<IEnumerable<Check>> ScopeAsync(HttpClient http, bool given, CancellationToken cancellation)
    {
        var read = await AskAsync(http, "/v1/tasks?limit=1", cancellation);
        switch (read.Response?.StatusCode)
        {
            case null:
                return [Check.Fail("key", read.Problem!, "Check the server's log.")];
            case HttpStatusCode.Unauthorized:
                return [Check.Fail(
                    "key", given ? "the server refuses this key: it is unknown, revoked or expired" : "the server requires a key",
                    $"Give a key with --key or FISH_KEY. '{ProgramInfo.Name} key add' on the server's data folder creates one.",
                    ErrorKind.Unauthenticated)];
            case HttpStatusCode.Forbidden:
                return [Check.Fail(
                    "key", "the key may not list tasks", "Ask for a key with the scope read or higher.", ErrorKind.Forbidden)];
            case HttpStatusCode.OK:
                break;
            case var other:
                return [Check.Fail("key", $"the server answers {(int)other}", "Check the server's log.")];
        }

        var admin = await AskAsync(http, "/v1/keys?limit=1", cancellation);
        if (!given)
        {
            return [Check.Ok(
                "key", admin.Response?.IsSuccessStatusCode == true ? "none required: everyone who reaches the server has full access"
                : "none required for reading")];
        }

        var (name, role) = await NameAsync(http, cancellation);
        return [Check.Ok("key", $"{name}, scope {(admin.Response?.IsSuccessStatusCode == true ? "admin" : role)}")];
    }

    // Without access to the report there is no identity to show; the check of the key reports that.
    private async Task<IEnumerable<Check>> StoreAsync(HttpClient http, CancellationToken cancellation)
    {
        var report = await AskAsync(http, "/v1/reports/storage", cancellation);
        if (report.Response?.IsSuccessStatusCode != true)
        {
            return [];
        }

        try
        {
            using var json = JsonDocument.Parse(await report.Response.Content.ReadAsStringAsync(cancellation));
            return json.RootElement.TryGetProperty("store", out var store) && store.GetString() is { } identity
                ? [Check.Ok("store", identity)] : [];
        }
        catch (JsonException)
        {
            // Not a FishCheckpoint server; the check of the version reports that.
            return [];
        }
    }

    private async Task<(string Name, string Role)> NameAsync(HttpClient http, CancellationToken cancellation)
    {
        var who = await AskAsync(http, "/api/whoami-v2", cancellation);
        if (who.Response?.IsSuccessStatusCode != true)
        {
            return ("not required by this server", "read");
        }

        using var json = JsonDocument.Parse(await who.Response.Content.ReadAsStringAsync(cancellation));
        return (json.RootElement.GetProperty("name").GetString() ?? "?",
            json.RootElement.GetProperty("auth").GetProperty("accessToken").GetProperty("role").GetString() ?? "?");
    }

    private async Task<IEnumerable<Check>> CertificateAsync(CancellationToken cancellation)
    {
        if (server.Scheme != Uri.UriSchemeHttps)
        {
            return [];
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(machine.ServerPatience);
        try
        {
            var (end, now) = (await machine.CertificateEnd(server, patience.Token), machine.Time.GetUtcNow());
            return end is null ? []
                : end <= now ? [Check.Fail("certificate", $"it expired at {Say.Time(end.Value)} UTC", "Renew it.")]
                : end - now < SoonOver ? [Check.Warn("certificate", $"it expires at {Say.Time(end.Value)} UTC", "Renew it soon.")]
                : [Check.Ok("certificate", $"valid until {Say.Time(end.Value)} UTC")];
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or OperationCanceledException
            && !cancellation.IsCancellationRequested)
        {
            return [];
        }
    }

    private static string CauseOf(string problem)
    {
        try
        {
            using var json = JsonDocument.Parse(problem);
            return json.RootElement.TryGetProperty("cause", out var cause) ? cause.GetString() ?? problem : problem;
        }
        catch (JsonException)
        {
            return problem.Length > 200 ? problem[..200] : problem;
        }
    }
}
