using System.Net;
using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Client.Http;

/// <summary>Sends requests to one server and turns what is not a success into a <see cref="FishException"/>.</summary>
internal sealed class FishHttp
{
    // Work that the server does before it answers a byte is bounded, but may take a while.
    private const int Longer = 10;

    private readonly HttpClient http;
    private readonly Uri server;
    private readonly TimeSpan idle;

    /// <param name="http">The HTTP client.</param>
    /// <param name="idle">How long a request waits without a byte; <see cref="Timeout.InfiniteTimeSpan"/>: without end.</param>
    public FishHttp(HttpClient http, TimeSpan idle)
    {
        if (idle != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(idle, TimeSpan.FromMilliseconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(idle, TimeSpan.FromDays(1));
        }

        (this.http, this.idle) = (http, idle);
        var address = http.BaseAddress
            ?? throw new ArgumentException("The HTTP client has no base address: the server's URL.", nameof(http));
        server = address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
    }

    /// <summary>Whether the server is on this machine, where sending bytes costs less than making them fewer.</summary>
    public bool IsLocal => server.IsLoopback;

    /// <summary>How long an answer is waited for that the server has to compute from much content before it can begin.</summary>
    public TimeSpan ForComputed => idle == Timeout.InfiniteTimeSpan ? idle : idle * Longer;

    /// <summary>Sends a request and waits for the head of a successful answer. The caller disposes it.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="content">The body.</param>
    /// <param name="prepare">Adds to the request.</param>
    /// <param name="wait">How long the head, and then each read of the body, may take without a byte. Default: the client's limit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? prepare = null, TimeSpan? wait = null,
        CancellationToken cancellation = default)
    {
        var longest = wait ?? idle;
        using var timer = new IdleTimer(longest, cancellation);
        using var request = new HttpRequestMessage(method, new Uri(server, path));
        request.Content = content is null ? null : new TimedBody(content, timer);
        prepare?.Invoke(request);
        HttpResponseMessage response;
        try
        {
            timer.Start();
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timer.Token);
        }
        catch (Exception error) when (timer.IsOver && error is HttpRequestException or OperationCanceledException)
        {
            throw Unavailable(new IdleException(longest, error));
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested && error is HttpRequestException or TaskCanceledException)
        {
            throw error.InnerException as FishException ?? Untrusted(error) ?? Unavailable(error);
        }

        response.Content = new TimedAnswer(response.Content, longest);
        try
        {
            ServerVersion.Require(response, server);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await Problem.ReadAsync(response, $"{method} /{path}", cancellation);
        }
    }

    /// <summary>Sends a request and reads the JSON of its answer.</summary>
    public async Task<T> JsonAsync<T>(
        HttpMethod method, string path, CancellationToken cancellation, HttpContent? content = null, TimeSpan? wait = null)
    {
        using var response = await SendAsync(method, path, content, wait: wait, cancellation: cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    /// <summary>A list whose pages are requested while it is walked.</summary>
    public AsyncPageable<T> List<T>(string path, PageRequest? page, CancellationToken cancellation) =>
        new((part, stop) => JsonAsync<Page<T>>(HttpMethod.Get, Routes.Page(path, part), stop), page, cancellation);

    /// <summary>Sends a request whose answer has no content.</summary>
    public async Task DoneAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation, TimeSpan? wait = null)
    {
        using var response = await SendAsync(method, path, content, wait: wait, cancellation: cancellation);
    }

    /// <summary>Sends an idempotent save; 201 says that this call stored it.</summary>
    public async Task<Saved<T>> SaveAsync<T>(
        string path, HttpContent content, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Put, path, content, prepare, cancellation: cancellation);
        return new Saved<T>(await ReadAsync<T>(response, cancellation), response.StatusCode == HttpStatusCode.Created);
    }

    /// <summary>The error of a server that cannot be reached or whose answer ended early.</summary>
    public FishException Unavailable(Exception error) => (error as IdleException ?? error.InnerException as IdleException) is { } silence
        ? new FishException(
            ErrorCode.ServerUnavailable, server.AbsoluteUri, $"The server is silent. {silence.Message}",
            "Look whether the server, or a proxy before it, hangs.", error)
        : new FishException(
            ErrorCode.ServerUnavailable, server.AbsoluteUri,
            $"The server cannot be reached, or ended the connection early: {error.Message}",
            "Start it with 'fishckpt serve', or check the URL.", error);

    // Nothing was sent: trying again would say the same.
    private FishException? Untrusted(Exception error) => error.InnerException is AuthenticationException { Message: { } message }
        && message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
        ? new FishException(
            ErrorCode.CertificateUntrusted, server.AbsoluteUri, $"The server's certificate is not trusted: {message}",
            "Name the certificate of the authority that signed it, or its own, as a PEM file: --ca FILE, or FISH_CA in the environment.",
            error)
        : null;

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(FishJson.Options, cancellation)
                ?? throw new JsonException("The answer is null.");
        }
        catch (Exception error) when (error is JsonException or IOException or HttpRequestException)
        {
            throw Unavailable(error);
        }
    }
}
