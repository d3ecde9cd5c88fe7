using System.IO.Compression;
using System.Net;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace FishCheckpoint.Api.Tests.Routing;

/// <summary>
/// HEAD is answered wherever GET is; bodies with a content coding, and an address that is taken, are called what they are.
/// </summary>
public sealed class HeadTests : ApiTest
{
    [Fact]
    public async Task Routes_ThatAnswerGet_AnswerHead()
    {
        await using var server = FishServer.Build([]);
        var routes = ((IEndpointRouteBuilder)server).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToArray();
        Assert.NotEmpty(routes);
        Assert.All(routes, route =>
        {
            var methods = route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods;
            Assert.True(!methods.Contains("GET") || methods.Contains("HEAD"), $"{route.RoutePattern.RawText} answers no HEAD.");
        });
    }

    [Theory]
    [InlineData("/v1/bases")]
    [InlineData("/v1/tasks/task")]
    [InlineData("/v1/tasks/task/checkpoints/1")]
    [InlineData("/v1/tasks/task/checkpoints/1/files")]
    [InlineData("/v1/tasks/task/checkpoints/1/tensors/steps")]
    [InlineData("/v1/tasks/task/checkpoints/1/delta?from=base")]
    [InlineData("/v1/tasks/task/events")]
    [InlineData("/v1/reports/storage")]
    [InlineData("/healthz")]
    [InlineData("/")]
    public async Task Head_OfWhatIsThere_HasNoContent(string path)
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        using var response = await ExpectAsync(HttpStatusCode.OK, SendAsync(HttpMethod.Head, path));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Stop));
        using var missing = await ExpectAsync(HttpStatusCode.NotFound, SendAsync(HttpMethod.Head, "/v1/tasks/none"));
        Assert.Empty(await missing.Content.ReadAsByteArrayAsync(Stop));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("made-up")]
    public async Task Put_BodyWithAContentCoding_IsUnsupported(string coding)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Base.Change(1).ToBytes(), Stop);
        }

        foreach (var path in new[] { "/v1/bases/packed", $"{Steps}/1" })
        {
            await RefusedAsync(HttpStatusCode.UnsupportedMediaType, "MEDIA_TYPE_UNSUPPORTED", () =>
            {
                var content = Content(packed.ToArray(), Safetensors);
                content.Headers.ContentEncoding.Add(coding);
                return SendAsync(HttpMethod.Put, path, content);
            });
        }
    }

    [Fact]
    public async Task Start_AddressInUse_IsNamed()
    {
        var folder = Directory.CreateTempSubdirectory("fish-address-").FullName;
        string[] Arguments(string url, string data) => [$"--urls={url}", $"--FishCheckpoint:DataFolder={Path.Combine(folder, data)}"];
        await using (var first = FishServer.Build(Arguments("http://127.0.0.1:0", "first")))
        {
            await first.StartFishAsync(Stop);
            var url = Assert.Single(first.Urls);
            await using var second = FishServer.Build(Arguments(url, "second"));
            var error = await Assert.ThrowsAsync<FishException>(() => second.StartFishAsync(Stop));
            Assert.Equal((ErrorCode.AddressInUse, ErrorKind.Unavailable), (error.Code, error.Kind));
            Assert.Contains(url, $"{error.Key} {error.Cause}", StringComparison.Ordinal);
            await first.StopAsync(Stop);
        }

        Directory.Delete(folder, recursive: true);
    }
}
