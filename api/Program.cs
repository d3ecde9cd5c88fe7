using FishCheckpoint.Api;

await using var server = FishServer.Build(args);
await server.RunAsync();
