using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Http;

/// <summary>
/// Requests to the real server: each is answered, and no answer is that the server itself is at fault. What is refused comes as a problem
/// with a code.
/// </summary>
internal sealed class HttpTarget : FuzzTarget
{
    // What requests have made must not pile up.
    private const int RestartEvery = 3000;

    private static readonly string[] CodesOfHttp = ["METHOD_NOT_ALLOWED", "PRECONDITION_FAILED"];

    private static readonly TestModel Model =
        TestModel.Create(
            1, null, new TensorInfo("w", DType.F32, [8, 5]), new TensorInfo("head/weight", DType.BF16, [4]),
            new TensorInfo("empty", DType.U8, [0]));

    private ApiServer server;
    private int runs;

    private HttpTarget(ApiServer server) => this.server = server;

    public override string Name => "http";

    public override int ShortRun => 1000;

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. HttpSeeds.Make(Model).Select(seed => seed.ToArray())];

    public override bool HasThreads => true;

    public static async Task<FuzzTarget> CreateAsync() => new HttpTarget(await StartAsync());

    public override byte[] Mutate(Random random, byte[] input, byte[] other) => random.Next(20) == 0
        ? ByteMutator.Mutate(random, input, other) : HttpInput.Read(input).Mutate(random, HttpInput.Read(other)).ToArray();

    public override string Run(byte[] input)
    {
        if (++runs % RestartEvery == 0)
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            server = StartAsync().GetAwaiter().GetResult();
        }

        return SendAsync(HttpInput.Read(input)).GetAwaiter().GetResult();
    }

    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await base.DisposeAsync();
    }

    private static async Task<ApiServer> StartAsync()
    {
        var started = await ApiServer.StartAsync();
        foreach (var request in HttpSeeds.Prepare(Model))
        {
            using var response = await started.Client.SendAsync(ToMessage(started, request));
            response.EnsureSuccessStatusCode();
        }

        return started;
    }

    private static HttpRequestMessage ToMessage(ApiServer to, HttpInput input)
    {
        // As it stands: a client of this language would tidy up dots and slashes.
        var address = new Uri(
            $"{to.Address.GetLeftPart(UriPartial.Authority)}{input.Path}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(input.Method), address);
        if (input.Body.Length > 0 || input.Method is "PUT" or "POST")
        {
            message.Content = new ByteArrayContent(input.Body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(input.Type, out var type) ? type : null;
        }

        return message;
    }

    private async Task<string> SendAsync(HttpInput input)
    {
        // A key would close the server to whoever has none, and a backup is an administrator's to place.
        if (Uri.UnescapeDataString(input.Path) is var path
            && (path.Contains("keys", StringComparison.OrdinalIgnoreCase) || path.Contains("backup", StringComparison.OrdinalIgnoreCase)))
        {
            return "left out";
        }

        using var message = ToMessage(server, input);
        using var response = await server.Client.SendAsync(message);
        var body = await response.Content.ReadAsByteArrayAsync();
        var status = (int)response.StatusCode;
        WrongException.Unless(
            status < 500 || response.StatusCode == HttpStatusCode.InsufficientStorage,
            $"{status}: {System.Text.Encoding.UTF8.GetString(body)}");
        return status < 400 ? $"{status} {input.Method}" : input.Method == "HEAD" ? $"{status} HEAD" : Refused(response, status, body);
    }

    private static string Refused(HttpResponseMessage response, int status, byte[] body)
    {
        // What is no HTTP at all is refused before there is a pipeline, without a body.
        if (body.Length == 0 && status is 400 or 414 or 431 && response.Headers.ConnectionClose == true)
        {
            return "no request";
        }

        WrongException.Unless(
            response.Content.Headers.ContentType?.MediaType == "application/problem+json",
            $"{status} without a problem: {System.Text.Encoding.UTF8.GetString(body)}");
        using var problem = JsonDocument.Parse(body);
        var code = problem.RootElement.GetProperty("code").GetString()!;
        WrongException.Unless(problem.RootElement.GetProperty("status").GetInt32() == status, "The problem tells another status.");
        if (ErrorCodes.TryParse(code, out var known))
        {
            throw new FishException(known, "http", problem.RootElement.GetProperty("cause").GetString()!, "");
        }

        WrongException.Unless(CodesOfHttp.Contains(code, StringComparer.Ordinal), $"{code} is no code.");
        return $"{status} {code}";
    }
}
