using FishCheckpoint.Api;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

[assembly: AssemblyFixture(typeof(FishCheckpoint.Dashboard.Tests.Support.DashboardServer))]

namespace FishCheckpoint.Dashboard.Tests.Support;

/// <summary>A server on a store of its own: a model of six blocks, and three tasks on it.</summary>
public sealed class DashboardServer : IAsyncLifetime
{
    /// <summary>More than two pages of the dashboard's list.</summary>
    public const int Steps = 220;

    /// <summary>What would run, or break the page, if it were taken for HTML.</summary>
    public const string Hostile = "<img src=x onerror=\"document.title='run'\"><b>bold</b>";

    private readonly string folder = Directory.CreateTempSubdirectory("fish-dashboard-").FullName;
    private KeysRequired keys = KeysRequired.Auto;
    private int steps = Steps;
    private WebApplication? server;

    /// <summary>A server that asks for keys, with few checkpoints.</summary>
    public static DashboardServer WithKeys() => new() { keys = KeysRequired.Always, steps = 3 };

    public Uri Address { get; private set; } = new("http://127.0.0.1:1");

    public IServiceProvider Services => server!.Services;

    public HttpClient Client { get; } = new();

    public async ValueTask InitializeAsync()
    {
        server = FishServer.Build(["--urls", "http://127.0.0.1:0"], builder => builder.Configuration.AddInMemoryCollection(
        [
            new("FishCheckpoint:DataFolder", Path.Combine(folder, "data")), new("FishCheckpoint:Access:Required", $"{keys}"),
            new("FishCheckpoint:Maintenance:CollectEvery", "00:00:00"), new("Logging:LogLevel:Default", "None"),
            new("Logging:LogLevel:Microsoft.AspNetCore", "None"),
        ]));
        await server.StartAsync();
        Address = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client.BaseAddress = Address;
        await FillAsync(server.Services.GetRequiredService<IFishStore>());
    }

    public async Task StopAsync() => await server!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (server is not null)
        {
            await server.StopAsync();
            await server.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static TensorInfo[] Tensors() =>
    [
        new("embed.weight", DType.F32, [64, 16]),
        .. Enumerable.Range(0, 6).SelectMany(block => new TensorInfo[]
        {
            new($"encoder.layer.{block}.attn.q.weight", DType.F32, [16, 16]),
                new($"encoder.layer.{block}.mlp.up.weight", DType.BF16, [32, 16]),
            new($"encoder.layer.{block}.norm.bias", DType.F32, [16]),
        }),
        new("head." + Hostile, DType.F32, [4, 16]),
    ];

    private async Task FillAsync(IFishStore store)
    {
        var start = TestModel.Create(1, null, Tensors());
        await store.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(start.ToBytes())));
        await store.Tasks.PutAsync("alpha", new TaskSpec("tiny", Hostile, Retention: new Retention(Monitor: "loss")));
        await store.Tasks.PutAsync("beta", new TaskSpec("tiny", Retention: new Retention(KeepLast: 1)));
        await store.Tasks.PutAsync("gamma", new TaskSpec("tiny"));
        for (var step = 1; step <= steps; step++)
        {
            var metrics = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["loss"] = Math.Abs(step - 150) + 0.5, ["accuracy"] = step / 1000.0,
            };
            if (step == steps)
            {
                metrics[Hostile] = 1;
            }

            await SaveAsync(store.Checkpoints, "alpha", step * 10, start.Change(step), metrics);
        }

        for (var step = 1; step <= 3; step++)
        {
            await SaveAsync(store.Checkpoints, "beta", step, start.Change(step, 0.9), []);
        }

        await store.Checkpoints.SetTagAsync("alpha", "good", StepRef.At(10L * (steps - (steps / 40))));
    }

    private async Task SaveAsync(ICheckpoints checkpoints, string task, long step, TestModel model, Dictionary<string, double> metrics)
    {
        using var file = ModelFolder.Open(model.Write(Path.Combine(folder, "upload")));
        await checkpoints.SaveAsync(task, step, new CheckpointContent.Full(file), new SaveOptions { Metrics = metrics });
    }
}
